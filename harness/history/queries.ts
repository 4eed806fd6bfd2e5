import {
  decodeRegionSync,
  decodeRegions,
  decodeRemoteRecovering,
  decodeResyncWork,
  decodeU64,
} from '../ulog/index.js';
import type { HistoryEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import type { Instance } from './instance.js';

/** The errno by which the kernel says that nobody listens, and a daemon that it does not know the log (spec 2.6). */
export const ESRCH = 3;

/** Nanoseconds of guest time as milliseconds. */
export function milliseconds(ns: bigint): number {
  return Number(ns) / 1e6;
}

const LIFE_CYCLE = ['CTR', 'RESUME', 'PRESUSPEND', 'POSTSUSPEND', 'DTR'] as const;

/** The requests that make up the life of the logs, in order of sending (spec dm-log-userspace 6.1). */
export function lifeCycle(history: History): Exchange[] {
  return history.exchanges(...LIFE_CYCLE);
}

/** Exchanges that began after an event of another kind, such as the death of the daemon. */
export function exchangesAfterEvent(history: History, event: HistoryEvent): Exchange[] {
  const place = history.place(event);
  return history.exchanges().filter(({ request }) => request !== undefined && history.place(request) > place);
}

/** Two logs of one UUID that lived at the same time. */
export interface Coexistence {
  readonly first: Instance;
  readonly second: Instance;
  /** Construction of both, and the destruction of the first when it was seen. */
  readonly events: readonly HistoryEvent[];
}

/** Exchanges that began after another one did; all of them when there is no other. */
export function exchangesAfter(history: History, other: Exchange | undefined): Exchange[] {
  const all = history.exchanges();
  return other === undefined ? all : all.slice(all.indexOf(other) + 1);
}

/** Pairs of logs with one UUID of which the second was constructed before the first was destroyed (spec 6.2). */
export function coexisting(history: History): Coexistence[] {
  const instances = history.instances();
  return instances.flatMap((first, index) =>
    instances.slice(index + 1).flatMap((second) => {
      if (second.uuid !== first.uuid) return [];
      const { death } = first;
      const { birth } = second;
      if (birth === undefined || second.stillborn) return [];
      if (death !== undefined && !exchangesAfter(history, birth).includes(death)) return [];
      const events = [first.birth, second.birth, first.death].flatMap((exchange) => exchange?.events() ?? []);
      return [{ first, second, events }];
    }),
  );
}

/** True when the DTR of one log came before the DTR of another, or the other was never destroyed. */
export function endedBefore(history: History, one: Instance, other: Instance): boolean {
  if (one.death === undefined) return false;
  return other.death === undefined || exchangesAfter(history, one.death).includes(other.death);
}

/** True when a log was resumed before the given request began, or that request never came. */
export function resumedBefore(history: History, log: Instance, other: Exchange | undefined): boolean {
  const resumed = log.exchanges.find(({ name }) => name === 'RESUME');
  if (resumed === undefined) return false;
  return other === undefined || exchangesAfter(history, resumed).includes(other);
}

/** Requests that came back to the kernel's caller with an error. */
export function requestsFailed(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.filter(({ result }) => result !== undefined && result < 0);
}

/** The u64 that a request was answered with; undefined without an answer of 8 bytes. */
export function answeredU64({ answer }: Exchange): bigint | undefined {
  return answer?.payload.length === 8 ? decodeU64(answer.payload) : undefined;
}

/** The text of a status answer without its NUL, if it has one (spec 5); undefined without an answer. */
export function textAnswer({ answer }: Exchange): string | undefined {
  return answer && Buffer.from(answer.payload).toString('latin1').replace(/\0$/, '');
}

/** The answer to IS_REMOTE_RECOVERING; undefined without one of 16 bytes. */
export function remoteRecovering({
  answer,
}: Exchange): { readonly recovering: boolean; readonly inSyncHint: bigint } | undefined {
  if (answer?.payload.length !== 16) return undefined;
  const { recovering, inSyncHint } = decodeRemoteRecovering(answer.payload);
  return { recovering: BigInt.asIntN(32, recovering) !== 0n, inSyncHint };
}

/** Requests of suspended logs: after POSTSUSPEND, before RESUME or DTR (spec 6.3). */
export function whileSuspended(history: History): Exchange[] {
  return history.instances().flatMap(({ exchanges }) => {
    let suspended = false;
    return exchanges.filter(({ name }) => {
      if (name === 'POSTSUSPEND') suspended = true;
      else if (name === 'RESUME' || name === 'DTR') suspended = false;
      return suspended && name !== 'POSTSUSPEND';
    });
  });
}

/** Requests of a log between RESUME and PRESUSPEND (spec 6.3). */
export function whileActive(log: Instance | undefined): Exchange[] {
  let active = false;
  return (log?.exchanges ?? []).filter(({ name }) => {
    if (name === 'PRESUSPEND' || name === 'DTR') active = false;
    const within = active;
    if (name === 'RESUME') active = true;
    return within;
  });
}

/** Requests of logs that were loaded and not resumed yet. */
export function whilePending(history: History): Exchange[] {
  return history.instances().flatMap(({ exchanges }) => {
    const resumed = exchanges.findIndex(({ name }) => name === 'RESUME' || name === 'DTR');
    return exchanges.slice(1, resumed < 0 ? undefined : resumed);
  });
}

/** Marks that belong to one flush of one log. */
export interface MarkBatch {
  /** Regions in each MARK_REGION message, in order. */
  readonly groups: readonly number[];
  /** Sum of the groups. */
  readonly regions: number;
  /** FLUSH requests after the batch and before the next one. */
  readonly flushes: number;
  readonly events: readonly HistoryEvent[];
}

/**
 * Runs of MARK_REGION of one log that no FLUSH interrupts, with the FLUSH that ends each (spec 8, not integrated).
 * A FLUSH after clears that follow belongs to the clears.
 */
export function markBatches(history: History): MarkBatch[] {
  const batches: { groups: number[]; flushes: number; events: HistoryEvent[]; open: boolean }[] = [];
  const current = new Map<string, (typeof batches)[number]>();
  for (const exchange of history.exchanges('MARK_REGION', 'CLEAR_REGION', 'FLUSH')) {
    const key = `${exchange.uuid} ${exchange.luid}`;
    let batch = current.get(key);
    if (exchange.name === 'CLEAR_REGION') {
      if (batch?.open === false) current.delete(key);
    } else if (exchange.name === 'MARK_REGION') {
      if (batch?.open !== true) {
        batch = { groups: [], flushes: 0, events: [], open: true };
        batches.push(batch);
        current.set(key, batch);
      }
      batch.groups.push(decodeRegions(exchange.payload).length);
      batch.events.push(...exchange.events());
    } else if (batch !== undefined) {
      batch.open = false;
      batch.flushes++;
      batch.events.push(...exchange.events());
    }
  }
  return batches.map(({ groups, flushes, events }) => ({
    groups,
    flushes,
    events,
    regions: groups.reduce((sum, count) => sum + count, 0),
  }));
}

/** FLUSH requests with marks that one thread sent directly after one another: the marks of one batch. */
export interface PayloadFlushRun {
  /** Regions in each of them, in order. */
  readonly regions: readonly number[];
  readonly events: readonly HistoryEvent[];
}

/** Runs of FLUSH requests that carry marks (integrated_flush, spec 8); any other request of the thread ends a run. */
export function payloadFlushRuns(history: History): PayloadFlushRun[] {
  const runs: { regions: number[]; events: HistoryEvent[] }[] = [];
  const open = new Map<string, (typeof runs)[number]>();
  for (const exchange of history.exchanges()) {
    const thread = `${exchange.node}/${exchange.tid}`;
    if (exchange.name !== 'FLUSH' || exchange.payload.length === 0) {
      open.delete(thread);
      continue;
    }
    let run = open.get(thread);
    if (run === undefined) {
      run = { regions: [], events: [] };
      runs.push(run);
      open.set(thread, run);
    }
    run.regions.push(decodeRegions(exchange.payload).length);
    run.events.push(...exchange.events());
  }
  return runs;
}

/** Answers to GET_RESYNC_WORK in order; the kernel looks at the lower 32 bits of have_work only (spec 4). */
export function resyncWork(
  history: History,
): { readonly exchange: Exchange; readonly haveWork: boolean; readonly region: bigint }[] {
  return history.exchanges('GET_RESYNC_WORK').flatMap((exchange) => {
    if (exchange.answer?.payload.length !== 16) return [];
    const { haveWork, region } = decodeResyncWork(exchange.answer.payload);
    return [{ exchange, haveWork: BigInt.asIntN(32, haveWork) > 0n, region }];
  });
}

/** SET_REGION_SYNC requests in order. */
export function regionSyncs(
  history: History,
): { readonly exchange: Exchange; readonly region: bigint; readonly inSync: boolean }[] {
  return history.exchanges('SET_REGION_SYNC').map((exchange) => {
    const { region, inSync } = decodeRegionSync(exchange.payload);
    return { exchange, region, inSync: inSync !== 0n };
  });
}

/** Requests that mark regions: MARK_REGION, and FLUSH with a payload (spec 8). */
export function marks(history: History): Exchange[] {
  return history.exchanges('MARK_REGION', 'FLUSH').filter(({ payload }) => payload.length > 0);
}
