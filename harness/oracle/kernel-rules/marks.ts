/** Which regions the kernel marks: FLUSH-20, FLUSH-21 (spec 7, 9.2). */
import { describeRequest, type Exchange } from '../../history/index.js';
import type { Life } from '../life.js';
import { regions, regionSync, s64, u64 } from '../payloads.js';
import type { KernelContext } from './kernel-context.js';
import { told } from './told.js';

/** What the kernel holds of the regions of one log, as far as its requests show. */
class RegionStates {
  /** Marked, and not committed yet, so that no data was written and they cannot be anything but DIRTY. */
  readonly #dirty = new Map<number, Exchange>();
  /** Latest IN_SYNC answer. */
  readonly #inSync = new Map<number, { readonly value: number; readonly exchange: Exchange }>();
  /** After a failed message the kernel repeats regions one by one; what it repeats is no second mark (spec 8). */
  #repeating = false;

  constructor(
    readonly context: KernelContext,
    readonly life: Life,
  ) {}

  see(exchange: Exchange): void {
    const { name, payload } = exchange;
    const marks = name === 'MARK_REGION' || (name === 'FLUSH' && payload.length > 0);
    if (marks) this.#mark(exchange);
    // Writes go on now, and may end; a region without any is CLEAN in the kernel, and marked again by the next one.
    if (name === 'FLUSH') this.#dirty.clear();
    if (marks) return;
    this.#repeating = this.#repeating && this.context.lives.isRebuild(exchange);
    switch (name) {
      case 'CLEAR_REGION':
        for (const region of regions(payload) ?? []) this.#dirty.delete(region);
        break;
      case 'SET_REGION_SYNC': {
        const region = regionSync(payload)?.region;
        if (region === undefined) break;
        this.#dirty.delete(region);
        this.#inSync.delete(region);
        break;
      }
      case 'IN_SYNC':
        this.#noteAnswer(exchange);
        break;
      case 'RESUME':
        if (this.context.lives.isRebuild(exchange)) break;
        this.#dirty.clear();
        this.#inSync.clear();
        break;
      default:
    }
  }

  #mark(exchange: Exchange): void {
    const marked = regions(exchange.payload) ?? [];
    if (exchange.result !== 0) {
      this.#dirty.clear();
      this.#repeating = true;
      return;
    }
    if (this.#repeating) return;
    for (const region of marked) {
      const earlier = this.#dirty.get(region);
      if (earlier !== undefined) this.#secondMark(region, earlier, exchange);
      const answer = this.#inSync.get(region);
      if (answer?.value === 0) this.#unsyncedMark(region, answer.exchange, exchange);
      this.#dirty.set(region, exchange);
    }
  }

  #secondMark(region: number, earlier: Exchange, exchange: Exchange): void {
    this.context.deviate('FLUSH-20', this.life, {
      expected: `no mark: region ${region} is marked since ${describeRequest(earlier)}, and was not cleared`,
      seen: `${describeRequest(exchange)} of ${this.life.name}`,
      by: earlier === exchange ? [exchange] : [earlier, exchange],
    });
  }

  #unsyncedMark(region: number, answer: Exchange, exchange: Exchange): void {
    this.context.deviate('FLUSH-21', this.life, {
      expected: `no mark: region ${region} was answered to be out of sync`,
      seen: `${describeRequest(exchange)} of ${this.life.name}`,
      by: [answer, exchange],
    });
  }

  #noteAnswer(exchange: Exchange): void {
    const region = u64(exchange.payload);
    if (region === undefined) return;
    const data = told(exchange);
    const value = data === undefined ? undefined : s64(data);
    if (value === undefined) this.#inSync.delete(region);
    else this.#inSync.set(region, { value, exchange });
  }
}

/**
 * FLUSH-20: a region that is DIRTY already is not marked again. That it is, is known only until its mark is committed: after
 * that its writes may have ended, which no request tells before CLEAR_REGION.
 * FLUSH-21: a region whose latest IN_SYNC answer was 0 is not marked, until SET_REGION_SYNC changes it.
 */
export function marks(context: KernelContext): void {
  for (const life of context.lives.all) {
    const states = new RegionStates(context, life);
    for (const exchange of life.instance.exchanges) states.see(exchange);
  }
}
