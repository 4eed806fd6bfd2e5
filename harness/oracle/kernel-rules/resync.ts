/** Recovery as the kernel drives it: SYNC-09, SYNC-18 (spec 9.1, 9.2). */
import { describeRequest, type Exchange } from '../../history/index.js';
import type { Life } from '../life.js';
import { regions, regionSync, resyncWork } from '../payloads.js';
import type { KernelContext } from './kernel-context.js';
import { told } from './told.js';

/**
 * SYNC-18: the kernel asks for work only when the region that it was given is done: one recovery at a time.
 * SYNC-09: SET_REGION_SYNC 1 of a recovered region precedes its CLEAR. That a FLUSH follows is judged with the
 * batches; that a CLEAR follows is not: one may be dropped for want of memory (spec 8).
 */
export function recovery(context: KernelContext): void {
  for (const life of context.lives.all) {
    let current: { readonly region: number; readonly work: Exchange } | undefined;
    const dirty = new Set<number>();
    for (const exchange of life.instance.exchanges) {
      switch (exchange.name) {
        case 'GET_RESYNC_WORK': {
          if (current !== undefined) twoAtATime(context, life, current.work, exchange);
          const region = workOf(exchange);
          if (region !== undefined) current = { region, work: exchange };
          break;
        }
        case 'SET_REGION_SYNC':
          if (regionSync(exchange.payload)?.region === current?.region) current = undefined;
          break;
        case 'MARK_REGION':
        case 'FLUSH':
          for (const region of regions(exchange.payload) ?? []) dirty.add(region);
          break;
        case 'CLEAR_REGION': {
          const cleared = regions(exchange.payload) ?? [];
          if (current !== undefined && cleared.includes(current.region) && !dirty.has(current.region)) {
            clearedEarly(context, life, current.work, exchange);
          }
          for (const region of cleared) dirty.delete(region);
          break;
        }
        default:
      }
    }
  }
}

/** The region that the kernel took from the answer, if any. */
function workOf(exchange: Exchange): number | undefined {
  const data = told(exchange);
  const work = data === undefined ? undefined : resyncWork(data);
  return work === 'none' ? undefined : work;
}

function twoAtATime(context: KernelContext, life: Life, work: Exchange, exchange: Exchange): void {
  context.deviate('SYNC-18', life, {
    expected: 'SET_REGION_SYNC of the region under recovery before the next GET_RESYNC_WORK',
    seen: `GET_RESYNC_WORK of ${life.name} while region ${workOf(work) ?? '?'} is under recovery`,
    by: [work, exchange],
  });
}

function clearedEarly(context: KernelContext, life: Life, work: Exchange, exchange: Exchange): void {
  context.deviate('SYNC-09', life, {
    expected: 'SET_REGION_SYNC 1 of a recovered region before its CLEAR_REGION',
    seen: `${describeRequest(exchange)} of ${life.name} while it is under recovery`,
    by: [work, exchange],
  });
}
