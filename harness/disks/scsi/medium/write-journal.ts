/**
 * What a volatile write cache holds, told backwards: the store has the newest data, which is what every reader sees,
 * and the journal keeps what the blocks held before each write that is not durable yet. So reads need no look-up,
 * synchronising forgets the journal, and a power cut undoes what did not survive.
 */
import type { Extent } from '../cdb.js';
import type { Provisioning } from './provisioning.js';

/** Numbers from 0 up to but not including 1, as Math.random gives them; a seeded source makes a power cut repeatable. */
export type RandomSource = () => number;

/**
 * What of the unsynchronised writes is on the medium after a power cut: `all`, `none`, or `any` subset: of each
 * write all, nothing, or some blocks (a torn write), in no order, as the random source says.
 */
export type Survival = 'all' | 'none' | 'any';

/** What a power cut did. */
export interface PowerCutReport {
  /** Writes that were not synchronised, and how they fared. */
  readonly writes: { readonly kept: number; readonly lost: number; readonly torn: number };
  /** Blocks that were set back to what they held before. */
  readonly blocksLost: number;
}

/** Provisioning states of blocks: one for all of them, or one for each. */
export type States = Provisioning | Uint8Array;

/** Reads what blocks hold, into a whole number of them. */
export type ReadBlocks = (lba: number, into: Buffer) => void;

/** Puts back what a block held: its data, undefined for zeros, and its provisioning state. */
export type RestoreBlock = (lba: number, data: Buffer | undefined, state: number) => void;

interface Entry extends Extent {
  /** What the blocks were. Undefined for a barrier: they were made durable as they are. */
  readonly before: States | undefined;
  /** Where their data begins in the ring; undefined: they were all zeros. */
  readonly at: number | undefined;
}

/** Beyond so many entries the oldest are made durable, however small they are. */
const MOST_ENTRIES = 16_384;
/** What an entry costs beside its data. */
const ENTRY_BYTES = 128;

export class WriteJournal {
  #entries: (Entry | undefined)[] = [];
  /** Entries before this index were made durable, and are undefined. */
  #first = 0;
  #bytes = 0;
  /**
   * Old data, in whole blocks, newest behind oldest, and around at its end: one buffer for good, since one for each write
   * costs more time than all else. Made when the first data is to be kept; what is never touched takes no memory.
   */
  #ring: Buffer | undefined;
  /** Where the next data goes. */
  #head = 0;
  readonly #ringBytes: number;

  /** `limit`: bytes of old data that it may keep, its own book-keeping included. */
  constructor(
    readonly limit: number,
    private readonly blockSize: number,
  ) {
    this.#ringBytes = Math.floor(limit / blockSize) * blockSize;
  }

  get isEmpty(): boolean {
    return this.#first === this.#entries.length;
  }

  /**
   * A write, or an unmap, is about to change `extent`, whose blocks have the states `before`, and whose data `read` gives
   * unless it is all zeros. Gives the number of older writes that became durable because the cache is full. The extent
   * must fit into the limit.
   */
  remember(extent: Extent, before: States, read: ReadBlocks | undefined): number {
    const { lba, count } = extent;
    const at = read === undefined ? undefined : this.#head;
    const destaged = this.#push({ lba, count, before, at });
    // Only now: the room may have been that of those that were just made durable.
    if (read !== undefined) this.#keep(lba, count * this.blockSize, read);
    return destaged;
  }

  /** `extent` is durable as it is; what else is remembered stays. Gives the same as {@link remember}. */
  barrier({ lba, count }: Extent): number {
    return this.isEmpty ? 0 : this.#push({ lba, count, before: undefined, at: undefined });
  }

  /** All is durable. */
  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  /**
   * Goes back in time: `restore` is called with what a block held before a write that did not survive, perhaps
   * several times for one block, the oldest last; the data is a view that holds until it returns. The journal is empty
   * afterwards.
   */
  powerCut(survival: Survival, random: RandomSource, restore: RestoreBlock): PowerCutReport {
    const settled = new Set<number>();
    const barriers: Extent[] = [];
    const undone = new Set<number>();
    const writes = { kept: 0, lost: 0, torn: 0 };
    for (const entry of this.#entries.reverse()) {
      if (entry === undefined) continue;
      const { lba, count, before } = entry;
      if (before === undefined) {
        barriers.push(entry);
        continue;
      }
      const fate = fateOf(survival, random);
      writes[fate]++;
      for (let index = 0; index < count; index++) {
        const block = lba + index;
        if (settled.has(block) || barriers.some((range) => covers(range, block))) continue;
        if (fate === 'kept' || (fate === 'torn' && random() < 0.5)) settled.add(block);
        else {
          restore(block, this.#dataOf(entry, index), stateOf(before, index));
          undone.add(block);
        }
      }
    }
    this.clear();
    return { writes, blocksLost: undone.size };
  }

  #push(entry: Entry): number {
    this.#entries.push(entry);
    this.#bytes += this.#bytesOf(entry);
    let destaged = 0;
    while (this.#bytes > this.limit || this.#entries.length - this.#first > MOST_ENTRIES) {
      const oldest = this.#entries[this.#first];
      if (oldest === undefined) break;
      this.#bytes -= this.#bytesOf(oldest);
      if (oldest.before !== undefined) destaged++;
      this.#entries[this.#first++] = undefined;
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return destaged;
  }

  #bytesOf({ before, at, count }: Entry): number {
    return ENTRY_BYTES + (before === undefined ? 0 : count) + (at === undefined ? 0 : count * this.blockSize);
  }

  #keep(lba: number, bytes: number, read: ReadBlocks): void {
    const ring = (this.#ring ??= Buffer.allocUnsafeSlow(this.#ringBytes));
    const first = Math.min(bytes, this.#ringBytes - this.#head);
    read(lba, ring.subarray(this.#head, this.#head + first));
    if (first < bytes) read(lba + first / this.blockSize, ring.subarray(0, bytes - first));
    this.#head = (this.#head + bytes) % this.#ringBytes;
  }

  #dataOf({ at }: Entry, index: number): Buffer | undefined {
    if (at === undefined || this.#ring === undefined) return undefined;
    const from = (at + index * this.blockSize) % this.#ringBytes;
    return this.#ring.subarray(from, from + this.blockSize);
  }
}

const stateOf = (states: States, index: number): number =>
  typeof states === 'number' ? states : (states[index] ?? 0);

const covers = ({ lba, count }: Extent, block: number): boolean => block >= lba && block < lba + count;

/** Most writes survive whole or not at all; one in eight is torn. */
function fateOf(survival: Survival, random: RandomSource): 'kept' | 'lost' | 'torn' {
  switch (survival) {
    case 'all':
      return 'kept';
    case 'none':
      return 'lost';
    case 'any': {
      const drawn = random();
      return drawn < 7 / 16 ? 'kept' : drawn < 14 / 16 ? 'lost' : 'torn';
    }
  }
}
