/** What hosts asked of drives and were told, joined from the events of a history. */
import type { HistoryEvent, LockAnswerEvent, LockCallEvent } from '../../history/index.js';
import { driveTimes, type DriveTime } from './drive-time.js';
import { groupBy } from './group-by.js';
import type { Answer, Call } from './vocabulary.js';
import { answerOf, blocksOf, END, type Block } from './wire.js';

/** What was asked. */
export type Asked =
  | { readonly kind: 'op'; readonly call: Call }
  /** A list read, as far as it is about one resource. */
  | { readonly kind: 'read'; readonly blocks: readonly Block[]; readonly cut: boolean }
  | { readonly kind: 'wipe' };

/** One call about one mutex. */
export interface Operation {
  /** Number of the event with which it began. */
  readonly event: number;
  readonly host: string;
  readonly asked: Asked;
  /** Ticks; ns in histories. */
  readonly start: number;
  /** Infinity: never answered. */
  readonly end: number;
  /** What the drive's clock shows then, ticks; where it is not told, that clock goes as the calls' does. */
  readonly clock?: { readonly start: number; readonly end: number };
  /** Undefined: lost, so that it may have taken effect at any time after its start, or never. */
  readonly answer: Answer | undefined;
}

/** All calls about one mutex of one drive. */
export interface Register {
  readonly drive: string;
  /** Hex of the resource id. */
  readonly resource: string;
  readonly operations: readonly Operation[];
  /** By which the drive measures leases. */
  readonly time: DriveTime;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A count is of the entries of all mutexes, and an operation that does not exist changes none. */
const SAYS_NOTHING: ReadonlySet<LockCallEvent['op']> = new Set(['count', 'undefined'] as const);

function callOf(event: LockCallEvent, op: Call['op']): Call {
  const { countdown, timeNow, control } = event;
  return {
    ...{ op, host: hex(event.host), lockClass: BigInt(event.lockClass), countdown, timeNow, control },
    metadata: hex(event.metadata),
    lvb: hex(event.lvb),
  };
}

/**
 * The calls of a history, by drive and resource; times are ns since its first event. A list read is a read of every
 * resource that was ever named, a wipe (or a power cut that a drive tells of) a removal of each. Answers that say
 * nothing about mutexes, such as a unit attention or an error of the transport, count as lost.
 */
export function registersOf(events: readonly HistoryEvent[]): Register[] {
  const began = events[0]?.t ?? 0n;
  const at = (t: bigint) => Number(t - began);
  const answers = new Map(
    events.flatMap((event) => (event.kind === 'lock-answer' ? [[event.call, event]] : [])),
  );
  const calls = events.filter((event) => event.kind === 'lock-call');
  const timeOf = driveTimes(events);
  const listings = new Map<LockAnswerEvent, Listing>();
  const listing = (answer: LockAnswerEvent): Listing => {
    const known = listings.get(answer) ?? listingOf(answer.dataIn);
    listings.set(answer, known);
    return known;
  };
  const resources = groupBy(
    calls.filter(({ op }) => !SAYS_NOTHING.has(op) && op !== 'read' && op !== 'wipe'),
    ({ drive, resource }) => `${drive}\n${hex(resource)}`,
  );
  return [...resources.keys()].map((key) => {
    const [drive = '', resource = ''] = key.split('\n');
    const operations = calls
      .filter((call) => call.drive === drive)
      .flatMap((call): Operation[] => {
        const answer = answers.get(call.call);
        const heard = answer === undefined ? undefined : answerOf(answer.status, answer.sense);
        const known = heard?.answer === 'check' || heard?.answer === 'other' ? undefined : heard?.answer;
        const base = { event: call.n, host: hex(call.host), start: at(call.t), answer: known };
        const end = answer === undefined || known === undefined ? Infinity : at(answer.t);
        if (call.op === 'count' || call.op === 'undefined') return [];
        if (call.op === 'wipe') return [{ ...base, end, asked: { kind: 'wipe' } }];
        if (call.op !== 'read')
          return hex(call.resource) === resource
            ? [{ ...base, end, asked: { kind: 'op', call: callOf(call, call.op) } }]
            : [];
        return answer === undefined || known !== 'GOOD'
          ? []
          : [{ ...base, end, asked: readOf(listing(answer), resource) }];
      });
    const cuts = events.flatMap((event): Operation[] =>
      event.kind === 'disk-power-cut' && event.drive === drive
        ? [
            {
              event: event.n,
              host: '',
              asked: { kind: 'wipe' },
              start: at(event.t),
              end: at(event.t),
              answer: 'GOOD',
            },
          ]
        : [],
    );
    const time = timeOf(drive);
    const all = [...operations, ...cuts].map((operation) => ({
      ...operation,
      clock: { start: time.at(operation.start), end: time.at(operation.end) },
    }));
    return { drive, resource, operations: all, time };
  });
}

/** A list read: its entries by resource. */
interface Listing {
  readonly byResource: ReadonlyMap<string, readonly Block[]>;
  readonly cut: boolean;
}

function listingOf(dataIn: Uint8Array): Listing {
  const blocks = blocksOf(dataIn);
  const end = blocks.findIndex(({ state }) => state === END);
  const listed = end === -1 ? blocks : blocks.slice(0, end);
  return { byResource: groupBy(listed, ({ resource }) => resource), cut: end === -1 };
}

const readOf = ({ byResource, cut }: Listing, resource: string): Asked => ({
  kind: 'read',
  blocks: byResource.get(resource) ?? [],
  cut,
});
