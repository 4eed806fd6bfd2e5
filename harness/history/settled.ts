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
