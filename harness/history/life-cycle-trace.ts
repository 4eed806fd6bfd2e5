import type { RequestName } from '../ulog/index.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { constructorText, type Instance, isReconnect } from './instance.js';

/** The requests by which logs come, are suspended, resumed and go (spec 4). */
const LIFE_CYCLE: readonly RequestName[] = ['CTR', 'DTR', 'PRESUSPEND', 'POSTSUSPEND', 'RESUME'];

/**
 * The life-cycle requests of a test in order, one line each, without what differs from one run to the next: each life of
 * a log is L1, L2, ... and each UUID U1, U2, ... in the order in which they appear, so that a luid that comes back for
 * another log (spec 6) is another name. A CTR has its constructor's arguments, devices as MAJOR:MINOR; what the kernel got
 * is told when it was not 0, and the node when it is not that of the test.
 *
 *     CTR L1 U1 "32768 clustered-disk MAJOR:MINOR 256"
 *     RESUME L1
 */
export function lifeCycleTrace(history: History): string[] {
  const lives = new Map<Exchange, Instance>(
    history
      .instances()
      .flatMap((instance) => instance.exchanges.map((exchange) => [exchange, instance] as const)),
  );
  const [logs, uuids] = [new Map<Instance | undefined, string>(), new Map<string, string>()];
  return history.exchanges(...LIFE_CYCLE).map((exchange) => {
    const log = named(logs, lives.get(exchange), 'L');
    const words = [exchange.name ?? '', log];
    if (exchange.name === 'CTR') words.push(named(uuids, exchange.uuid, 'U'), construction(exchange));
    if (exchange.result === undefined) words.push('(open)');
    else if (exchange.result !== 0) words.push(`(${exchange.result})`);
    return exchange.node === history.header.node ? words.join(' ') : `${exchange.node}: ${words.join(' ')}`;
  });
}

function construction(exchange: Exchange): string {
  const text = constructorText(exchange)?.replaceAll(/\b\d+:\d+\b/g, 'MAJOR:MINOR') ?? '(no text)';
  return `"${text}"${isReconnect(exchange) ? ' again' : ''}`;
}

/** The name of a thing: `letter` and its number, counted from 1. */
function named<K>(names: Map<K, string>, thing: K, letter: string): string {
  const name = names.get(thing) ?? `${letter}${names.size + 1}`;
  names.set(thing, name);
  return name;
}
