import { decodeRegions, decodeRegionSync } from '../ulog/index.js';
import type { CommandEvent, HistoryEvent, ObservationEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { type Instance, isReconnect } from './instance.js';
import { LEGS_EQUAL } from './observations.js';

function placeOf(history: History, event: Exchange['answer'] | Exchange['request']): number {
  return event === undefined ? Infinity : history.place(event);
}

/** Place of the first sending of a request; Infinity when it was never sent. */
function sendingOf(history: History, { transmissions }: Exchange): number {
  const [first] = transmissions;
  return first === undefined ? Infinity : history.place(first);
}

/** The request of that type, of the same log, that came next after another one. */
function nextOf(history: History, name: Exchange['name'], after: Exchange): Exchange | undefined {
  const from = sendingOf(history, after);
  return history
    .exchanges()
    .find(
      (other) =>
        other.name === name &&
        other.luid === after.luid &&
        other.uuid === after.uuid &&
        sendingOf(history, other) > from,
    );
}

/** Requests of a log that were sent after its PRESUSPEND was answered, and answered before its POSTSUSPEND was sent. */
export function whileQuiescing(history: History): Exchange[] {
  return history.exchanges('PRESUSPEND').flatMap((presuspend) => {
    const from = placeOf(history, presuspend.answer);
    const postsuspend = nextOf(history, 'POSTSUSPEND', presuspend);
    const to = postsuspend === undefined ? Infinity : sendingOf(history, postsuspend);
    return history
      .exchanges()
      .filter(
        (exchange) =>
          exchange.luid === presuspend.luid &&
          sendingOf(history, exchange) > from &&
          (exchange.answer === undefined || placeOf(history, exchange.answer) < to) &&
          sendingOf(history, exchange) < to,
      );
  });
}

/** Requests of a log that were sent after its POSTSUSPEND was answered, and before its next RESUME or DTR. */
export function afterPostsuspend(history: History): Exchange[] {
  return history.exchanges('POSTSUSPEND').flatMap((postsuspend) => {
    const from = placeOf(history, postsuspend.answer);
    const ends = (['RESUME', 'DTR'] as const).flatMap((name) => nextOf(history, name, postsuspend) ?? []);
    const to = Math.min(Infinity, ...ends.map((end) => sendingOf(history, end)));
    return history.exchanges().filter((exchange) => {
      const place = sendingOf(history, exchange);
      return exchange.luid === postsuspend.luid && place > from && place < to;
    });
  });
}

/** What the comparisons of the legs said, in order. */
export function legComparisons(
  history: History,
): { readonly event: ObservationEvent; readonly equal: boolean }[] {
  return history.observations(LEGS_EQUAL).map((event) => ({
    event,
    equal: (event.value as { equal?: unknown } | null)?.equal === true,
  }));
}

/** Regions, with their mark, that no CLEAR_REGION was sent for after their last MARK_REGION or FLUSH with payload. */
export function unclearedMarks(history: History): { readonly region: bigint; readonly mark: Exchange }[] {
  const marks = new Map<string, { readonly region: bigint; readonly mark: Exchange }>();
  for (const exchange of history.exchanges('MARK_REGION', 'FLUSH', 'CLEAR_REGION')) {
    for (const region of decodeRegions(exchange.payload)) {
      const key = `${exchange.luid} ${region}`;
      if (exchange.name === 'CLEAR_REGION') marks.delete(key);
      else marks.set(key, { region, mark: exchange });
    }
  }
  return [...marks.values()];
}

/** A CTR that ends in NUL, and the RESUME that its thread sent next: one thread rebuilds a log (spec 2.6). */
export interface Rebuild {
  readonly ctr: Exchange;
  readonly resume: Exchange | undefined;
  readonly events: readonly HistoryEvent[];
}

/** Every try of every thread to rebuild a log, those that nobody heard included. */
export function rebuilds(history: History): Rebuild[] {
  return history
    .exchanges('CTR')
    .filter(isReconnect)
    .map((ctr) => {
      const thread = history.thread(ctr.node, ctr.tid);
      const next = thread[thread.indexOf(ctr) + 1];
      const resume = next?.name === 'RESUME' ? next : undefined;
      return { ctr, resume, events: [...ctr.events(), ...(resume?.events() ?? [])] };
    });
}

/** A region, and the SET_REGION_SYNC that was about it. */
export interface RegionReport {
  readonly exchange: Exchange;
  readonly region: bigint;
}

/** Regions that SET_REGION_SYNC 1 of one log was sent for, in order. */
export function recoveredBy(log: Instance): RegionReport[] {
  return reportedAs(log, 1n);
}

/** Regions that SET_REGION_SYNC 0 of one log was sent for, in order: a leg lost a write, or could not be recovered. */
export function regionsFailed(log: Instance): RegionReport[] {
  return reportedAs(log, 0n);
}

function reportedAs({ exchanges }: Instance, state: bigint): RegionReport[] {
  return exchanges
    .filter(({ name }) => name === 'SET_REGION_SYNC')
    .map((exchange) => ({ exchange, ...decodeRegionSync(exchange.payload) }))
    .filter(({ inSync }) => inSync === state);
}

/** Every `dmsetup status` of a test that succeeded. */
export function statusLines(history: History): CommandEvent[] {
  return history.commands().filter(({ argv, status }) => argv[1] === 'status' && status === 0);
}
