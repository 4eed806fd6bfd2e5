/** What one flush of the log sends: FLUSH-03, FLUSH-04, FLUSH-08, and the end of SYNC-09 (spec 8). */
import { MAX_REGIONS_PER_MESSAGE } from '../../ulog/index.js';
import { describeRequest, type Exchange } from '../../history/index.js';
import type { Life } from '../life.js';
import { regions, regionSync } from '../payloads.js';
import type { KernelContext } from './kernel-context.js';
import { flushMode, type FlushMode } from './tables.js';
import { isRegionList } from './transmissions.js';

/** FLUSH-03: at most 32 regions per message. */
export function groupSize(context: KernelContext): void {
  for (const exchange of context.exchanges) {
    if (!isRegionList(exchange)) continue;
    const count = Math.floor(exchange.payload.length / 8);
    if (count <= MAX_REGIONS_PER_MESSAGE) continue;
    const life = context.lives.of(exchange);
    const finding = {
      expected: `at most ${MAX_REGIONS_PER_MESSAGE} regions per message`,
      seen: `${count} regions in one message: ${describeRequest(exchange)}`,
      by: [exchange],
    };
    context.deviate('FLUSH-03', life, finding);
    if (exchange.name === 'FLUSH') context.deviate('FLUSH-08', life, finding);
  }
}

/**
 * FLUSH-08: with integrated_flush no MARK_REGION is ever sent. A log is known to be integrated from a table line
 * or from a FLUSH with payload (see flushMode).
 */
export function noMarkWhenIntegrated(context: KernelContext): void {
  for (const life of context.lives.all) {
    if (flushMode(context, life) !== 'integrated') continue;
    for (const exchange of life.instance.exchanges) {
      if (exchange.name !== 'MARK_REGION') continue;
      context.deviate('FLUSH-08', life, {
        expected: 'no MARK_REGION: the log was constructed with integrated_flush',
        seen: `${describeRequest(exchange)} of ${life.name}`,
        by: [exchange],
      });
    }
  }
}

/** The messages of one flush so far. */
interface Batch {
  readonly life: Life;
  readonly messages: Exchange[];
  /** A message failed or is open: the kernel may repeat regions one by one and leave FLUSH out (spec 8). */
  disturbed: boolean;
}

/**
 * FLUSH-03: without integrated_flush each batch of CLEAR and MARK is followed by exactly one FLUSH, and no FLUSH
 * comes without a batch. FLUSH-04: in a batch CLEAR comes before MARK. SYNC-09: the FLUSH after the CLEAR of a
 * recovered region. A flush is one sequence of one thread, so that each thread is judged for itself; a log whose
 * mode is not known is not judged.
 */
export function batches(context: KernelContext): void {
  const modes = new Map<Life, FlushMode>();
  for (const life of context.lives.all) modes.set(life, flushMode(context, life));
  for (const thread of context.threads) new ThreadOfFlushes(context, modes).judge(thread);
}

class ThreadOfFlushes {
  #batch: Batch | undefined;
  /** Regions that SET_REGION_SYNC 1 reported and no CLEAR has followed up. */
  readonly #recovered = new Set<number>();
  /** CLEARs whose FLUSH came too early and was reported so. */
  readonly #reported = new Set<Exchange>();

  constructor(
    readonly context: KernelContext,
    readonly modes: ReadonlyMap<Life, FlushMode>,
  ) {}

  judge(thread: readonly Exchange[]): void {
    for (const exchange of thread) {
      if (this.context.lives.isRebuild(exchange)) {
        if (this.#batch !== undefined) this.#batch.disturbed = true;
        continue;
      }
      const life = this.context.lives.of(exchange);
      if (this.#batch !== undefined && this.#batch.life !== life) this.#missingFlush(this.#batch, exchange);
      if (exchange.name === 'MARK_REGION' || exchange.name === 'CLEAR_REGION') this.#add(life, exchange);
      else if (exchange.name === 'FLUSH') this.#flush(life, exchange);
      else if (this.#batch !== undefined) this.#missingFlush(this.#batch, exchange);
      this.#noteRecovery(exchange);
    }
    const last = this.#batch;
    if (last !== undefined && this.#wentOn(last)) this.#missingFlush(last, undefined);
  }

  #add(life: Life, exchange: Exchange): void {
    this.#batch ??= { life, messages: [], disturbed: false };
    const batch = this.#batch;
    const marks = batch.messages.some(({ name }) => name === 'MARK_REGION');
    if (exchange.name === 'CLEAR_REGION' && marks && !batch.disturbed && this.#isLegacy(life)) {
      this.context.deviate('FLUSH-04', life, {
        expected: 'CLEAR_REGION before MARK_REGION within one flush',
        seen: `${describeRequest(exchange)} after a MARK_REGION`,
        by: [...batch.messages, exchange],
      });
    }
    batch.messages.push(exchange);
    batch.disturbed ||= exchange.result !== 0;
  }

  #flush(life: Life, exchange: Exchange): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined || !this.#isLegacy(life) || life.instance.birth === undefined) return;
    const before = this.context.previous(exchange);
    // A FLUSH that found no listener is sent again (spec 2.6).
    if (before?.name === 'FLUSH' && before.luid === exchange.luid && before.result !== 0) return;
    const next = this.context.next(exchange);
    if (next?.name === 'CLEAR_REGION' && next.luid === exchange.luid && this.#isRecovered(next)) {
      this.#reported.add(next);
      this.context.deviate('SYNC-09', life, {
        expected: 'SET_REGION_SYNC 1, CLEAR_REGION, FLUSH of a recovered region, in this order',
        seen: `FLUSH before ${describeRequest(next)}`,
        by: [exchange, next],
      });
      return;
    }
    this.context.deviate('FLUSH-03', life, {
      expected: 'one FLUSH after each batch of MARK_REGION and CLEAR_REGION',
      seen: `a FLUSH of ${life.name} with no MARK_REGION or CLEAR_REGION before it`,
      by: [exchange],
    });
  }

  #missingFlush(batch: Batch, next: Exchange | undefined): void {
    this.#batch = undefined;
    const { life, messages } = batch;
    if (batch.disturbed || !this.#isLegacy(life) || messages.some((item) => this.#reported.has(item))) return;
    const recovery = messages.every((item) => item.name === 'CLEAR_REGION' && this.#isRecovered(item));
    this.context.deviate(recovery ? 'SYNC-09' : 'FLUSH-03', life, {
      expected: recovery
        ? 'SET_REGION_SYNC 1, CLEAR_REGION, FLUSH of a recovered region'
        : 'one FLUSH after each batch of MARK_REGION and CLEAR_REGION',
      seen: `${messages.map(describeRequest).join(', ')} of ${life.name} without a FLUSH${next === undefined ? '' : `, then ${describeRequest(next)}`}`,
      by: next === undefined ? messages : [...messages, next],
    });
  }

  /** The log did more work after the last batch of this thread, so that the recording did not just end there. */
  #wentOn({ life, messages }: Batch): boolean {
    const last = messages.at(-1);
    if (last === undefined) return false;
    const { exchanges } = life.instance;
    return exchanges
      .slice(exchanges.indexOf(last) + 1)
      .some(
        ({ name }) =>
          name === 'DTR' || name === 'GET_RESYNC_WORK' || name === 'IN_SYNC' || name === 'MARK_REGION',
      );
  }

  #noteRecovery(exchange: Exchange): void {
    if (exchange.name === 'SET_REGION_SYNC') {
      const change = regionSync(exchange.payload);
      if (change?.inSync === true) this.#recovered.add(change.region);
      else if (change !== undefined) this.#recovered.delete(change.region);
    }
    if (exchange.name === 'MARK_REGION') {
      for (const region of regions(exchange.payload) ?? []) this.#recovered.delete(region);
    }
  }

  #isRecovered(clear: Exchange): boolean {
    const cleared = regions(clear.payload) ?? [];
    return cleared.length > 0 && cleared.every((region) => this.#recovered.has(region));
  }

  #isLegacy(life: Life): boolean {
    return this.modes.get(life) === 'legacy';
  }
}
