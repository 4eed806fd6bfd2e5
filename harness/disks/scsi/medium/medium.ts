import type { Extent } from '../cdb.js';
import { PROVISIONING, ProvisioningMap, type Provisioning, type ProvisioningRun } from './provisioning.js';
import type { BlockStore } from './store.js';
import { WriteJournal, type PowerCutReport, type RandomSource, type Survival } from './write-journal.js';

/** How a medium is made. */
export interface MediumOptions {
  readonly store: BlockStore;
  /** Unmapping is supported, and blocks never written are deallocated. Otherwise all are mapped, always. */
  readonly thin: boolean;
  /** The store held data before: its blocks are taken for mapped. */
  readonly written?: boolean;
  /** Bytes of old data that the model of the volatile cache may keep; 0: there is no such cache. */
  readonly cacheLimit: number;
}

/**
 * The blocks of a unit: what readers see, what is mapped, and what a power cut would leave. Callers have checked all
 * ranges. Nothing here waits: each call is one step.
 */
export class Medium implements Disposable {
  readonly thin: boolean;
  readonly #store: BlockStore;
  readonly #provisioning: ProvisioningMap;
  readonly #journal: WriteJournal;
  #destaged = 0;

  constructor({ store, thin, written = false, cacheLimit }: MediumOptions) {
    this.#store = store;
    this.thin = thin;
    this.#provisioning = new ProvisioningMap(
      thin && !written ? PROVISIONING.deallocated : PROVISIONING.mapped,
    );
    this.#journal = new WriteJournal(cacheLimit, store.blockSize);
  }

  get blocks(): number {
    return this.#store.blocks;
  }

  get blockSize(): number {
    return this.#store.blockSize;
  }

  /** The model of the volatile cache can be switched on. */
  get hasVolatileCache(): boolean {
    return this.#journal.limit > 0;
  }

  /** Writes that became durable unasked, because the cache was full, since the medium was made. */
  get destaged(): number {
    return this.#destaged;
  }

  /** A copy of the blocks, cut after `length` bytes, in memory that `allocate` gives. */
  read(
    lba: number,
    length: number,
    allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes),
  ): Buffer {
    const whole = Math.ceil(length / this.blockSize) * this.blockSize;
    const bytes = allocate(whole);
    this.#store.read(lba, bytes);
    return whole === length ? bytes : bytes.subarray(0, length);
  }

  /** Writes a whole number of blocks; they are mapped afterwards. Not durable: a power cut may undo it. */
  write(lba: number, data: Buffer, durable: boolean): void {
    const extent = { lba, count: data.length / this.blockSize };
    if (extent.count === 0) return;
    this.#remember(extent, durable);
    this.#store.write(lba, data);
    this.#provisioning.set(lba, extent.count, PROVISIONING.mapped);
  }

  /** The blocks read as zeros from now on, and are deallocated or anchored. */
  unmap(extent: Extent, state: Provisioning, durable: boolean): void {
    if (extent.count === 0) return;
    this.#remember(extent, durable);
    const end = extent.lba + extent.count;
    for (let lba = extent.lba; lba < end;) {
      const run = this.#provisioning.run(lba, end);
      if (run.state === PROVISIONING.mapped) this.#store.discard(lba, run.count);
      lba += run.count;
    }
    this.#provisioning.set(extent.lba, extent.count, state);
  }

  /** What is mapped from `lba` on; the run may be told shorter than it is. */
  run(lba: number): ProvisioningRun {
    return this.#provisioning.run(lba, this.blocks);
  }

  /** What was written to `extent` is durable. */
  synchronize(extent: Extent): void {
    if (extent.lba === 0 && extent.count >= this.blocks) this.#journal.clear();
    else this.#destaged += this.#journal.barrier(extent);
  }

  /** Undoes those of the unsynchronised writes that `survival` and `random` say. */
  powerCut(survival: Survival, random: RandomSource): PowerCutReport {
    const zeros = Buffer.alloc(this.blockSize);
    return this.#journal.powerCut(survival, random, (lba, data, state) => {
      if (state === PROVISIONING.mapped) {
        this.#store.write(lba, data ?? zeros);
        this.#provisioning.set(lba, 1, PROVISIONING.mapped);
      } else {
        this.#store.discard(lba, 1);
        this.#provisioning.set(
          lba,
          1,
          state === PROVISIONING.anchored ? PROVISIONING.anchored : PROVISIONING.deallocated,
        );
      }
    });
  }

  /** Another capacity; all is synchronised first. */
  resize(blocks: number): void {
    this.#journal.clear();
    const before = this.blocks;
    this.#store.resize(blocks);
    const state = this.thin ? PROVISIONING.deallocated : PROVISIONING.mapped;
    if (blocks > before) this.#provisioning.set(before, blocks - before, state);
    else this.#provisioning.set(blocks, before - blocks, state);
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  #remember(extent: Extent, durable: boolean): void {
    if (!this.hasVolatileCache) return;
    // What is too large for the cache goes around it.
    if (durable || extent.count * this.blockSize > this.#journal.limit / 4) {
      if (!durable) this.#destaged++;
      this.#destaged += this.#journal.barrier(extent);
      return;
    }
    const { lba, count } = extent;
    const run = this.#provisioning.run(lba, lba + count);
    const before = run.count === count ? run.state : this.#provisioning.copy(lba, count);
    const isZeros =
      typeof before === 'number' ? before !== PROVISIONING.mapped : !before.includes(PROVISIONING.mapped);
    this.#destaged += this.#journal.remember(extent, before, isZeros ? undefined : this.#readStore);
  }

  readonly #readStore = (lba: number, into: Buffer): void => this.#store.read(lba, into);
}
