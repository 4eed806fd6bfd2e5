/** What the kernel sends when a table is loaded: CTR-01, CTR-02, CTR-10 (spec 4, 5). */
import { constructorText, describeRequest, isReconnect, type Exchange } from '../../history/index.js';
import type { KernelContext } from './kernel-context.js';
import { tableLines } from './tables.js';

/**
 * CTR-01: the payload is '<len> <type> <args>' without NUL, uuid and integrated_flush left out; the words are
 * those of the table line when the command that loaded it shows one with that uuid.
 */
export function constructorPayload(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    if (exchange.name !== 'CTR' || exchange.transmissions.length === 0) continue;
    const constructs = context.next(exchange)?.name === 'GET_REGION_SIZE';
    if (isReconnect(exchange) && !constructs) continue;
    const fault = payloadFault(context, exchange);
    if (fault === undefined) continue;
    context.deviate('CTR-01', context.lives.of(exchange), {
      expected: fault.expected,
      seen: `${describeRequest(exchange)}: ${fault.seen}`,
      by: [exchange],
    });
  }
}

function payloadFault(
  context: KernelContext,
  exchange: Exchange,
): { readonly expected: string; readonly seen: string } | undefined {
  const form = "'<len> <type> <args>' without NUL";
  if (isReconnect(exchange)) return { expected: form, seen: 'it ends in NUL' };
  const text = constructorText(exchange);
  if (text === undefined) return { expected: form, seen: 'there is a NUL in it' };
  const lines = tableLines(context.command(exchange)?.argv.join(' ') ?? '').filter(
    ({ uuid }) => uuid === exchange.uuid,
  );
  const expected = lines.length === 1 ? lines[0]?.constructorText : undefined;
  if (expected !== undefined && expected !== text) {
    return { expected: `"${expected}", as in the table line`, seen: 'it differs' };
  }
  const [, type] = text.split(' ');
  if (!/^\d+ \S+( \S+)*$/.test(text)) return { expected: form, seen: 'it has another form' };
  if (type?.toLowerCase() === 'integrated_flush')
    return { expected: form, seen: 'integrated_flush is in it' };
  if (type === exchange.uuid) return { expected: form, seen: 'the uuid is in it' };
  return undefined;
}

/** CTR-02: a construction that succeeded is followed by exactly one GET_REGION_SIZE of the same luid. */
export function oneRegionSize(context: KernelContext): void {
  const { lives, exchanges } = context;
  const expected = 'exactly one GET_REGION_SIZE with the luid of the CTR, right after it';
  for (const exchange of exchanges) {
    if (exchange.name === 'GET_REGION_SIZE') {
      const before = context.previous(exchange);
      const begun = lives.of(exchange).instance.birth !== undefined;
      if (!begun || (before !== undefined && isConstruction(before) && samePair(before, exchange))) continue;
      context.deviate('CTR-02', lives.of(exchange), {
        expected,
        seen: `GET_REGION_SIZE of ${lives.of(exchange).name} not after its CTR`,
        by: [exchange],
      });
      continue;
    }
    if (!isConstruction(exchange) || (exchange.result ?? -1) < 0) continue;
    const next = context.next(exchange);
    if (next === undefined ? !outlived(context, exchange) : isSizeOf(next, exchange)) continue;
    context.deviate('CTR-02', lives.of(exchange), {
      expected,
      seen: next === undefined ? 'no GET_REGION_SIZE' : `${describeRequest(next)} instead`,
      by: next === undefined ? [exchange] : [exchange, next],
    });
  }
}

function isConstruction(exchange: Exchange): boolean {
  return exchange.name === 'CTR' && !isReconnect(exchange);
}

function samePair(a: Exchange, b: Exchange): boolean {
  return a.luid === b.luid && a.uuid === b.uuid;
}

function isSizeOf(next: Exchange, ctr: Exchange): boolean {
  return next.name === 'GET_REGION_SIZE' && samePair(next, ctr);
}

/** The instance did something after its CTR, so that the recording did not just end there. */
function outlived({ lives }: KernelContext, ctr: Exchange): boolean {
  const { exchanges } = lives.of(ctr).instance;
  return exchanges.indexOf(ctr) < exchanges.length - 1;
}

/** CTR-10: after a construction that was refused nothing else is sent for that instance. */
export function nothingAfterRefusal(context: KernelContext): void {
  for (const life of context.lives.all) {
    const [ctr, next] = life.instance.exchanges;
    if (!life.instance.stillborn || ctr === undefined || next === undefined) continue;
    context.deviate('CTR-10', life, {
      expected: 'no request after a CTR that was refused',
      seen: `${describeRequest(next)} of ${life.name}`,
      by: [ctr, next],
    });
  }
}
