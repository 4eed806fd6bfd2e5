import type { HistoryEvent } from './events.js';
import { decodeRegions, requestName } from '../ulog/index.js';

/**
 * True when the events show no mark that was not cleared, and the FLUSH that commits the last CLEAR_REGION has
 * returned (spec dm-log-userspace 7). For logs without integrated_flush, whose marks are MARK_REGION.
 */
export function isSettled(events: readonly HistoryEvent[]): boolean {
  const marked = new Set<string>();
  let committed = true;
  let flush: number | null = null;
  for (const event of events) {
    if (event.kind === 'return' && event.call === flush) committed = true;
    if (event.kind !== 'transmission') continue;
    const regions = (): string[] => decodeRegions(event.payload).map((region) => `${event.luid}/${region}`);
    switch (requestName(event.type)) {
      case 'MARK_REGION':
        for (const region of regions()) marked.add(region);
        break;
      case 'CLEAR_REGION':
        for (const region of regions()) marked.delete(region);
        committed = false;
        flush = null;
        break;
      case 'FLUSH':
        flush = event.call;
        break;
      default:
        break;
    }
  }
  return marked.size === 0 && committed;
}

/**
 * True when each of the regions was marked, by MARK_REGION or by a FLUSH that carries it, and the FLUSH that commits
 * the last of these marks has returned with success (spec dm-log-userspace 7, 8).
 */
export function areCommitted(events: readonly HistoryEvent[], regions: readonly number[]): boolean {
  const waiting = new Set(regions.map(BigInt));
  const flushes = new Set<number>();
  let committed = false;
  for (const event of events) {
    if (event.kind === 'return' && flushes.has(event.call) && event.result === 0) committed = true;
    if (event.kind !== 'transmission') continue;
    const name = requestName(event.type);
    if (name !== 'MARK_REGION' && name !== 'FLUSH') continue;
    const marked = decodeRegions(event.payload).filter((region) => waiting.delete(region));
    if (marked.length > 0) {
      committed = false;
      flushes.clear();
    }
    if (name === 'FLUSH' && waiting.size === 0 && event.call !== null) flushes.add(event.call);
  }
  return committed;
}

/**
 * True when these regions, and no others, have a mark that was not cleared, and every call has returned: nothing is
 * under way between kernel and daemon until one of the writes to them ends.
 */
export function areAllThatIsMarked(events: readonly HistoryEvent[], regions: readonly number[]): boolean {
  const marked = new Set<bigint>();
  for (const event of events) {
    if (event.kind !== 'transmission') continue;
    const name = requestName(event.type);
    if (name === 'CLEAR_REGION') for (const region of decodeRegions(event.payload)) marked.delete(region);
    if (name === 'MARK_REGION' || name === 'FLUSH') {
      for (const region of decodeRegions(event.payload)) marked.add(region);
    }
  }
  return (
    openCalls(events).size === 0 &&
    marked.size === regions.length &&
    regions.every((one) => marked.has(BigInt(one)))
  );
}

/** Numbers of the calls that have not returned: what the kernel waits for. */
export function openCalls(events: readonly HistoryEvent[]): ReadonlySet<number> {
  const open = new Set<number>();
  for (const event of events) {
    if (event.kind === 'request') open.add(event.call);
    if (event.kind === 'return') open.delete(event.call);
  }
  return open;
}
