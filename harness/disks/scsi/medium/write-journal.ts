/**
 * What a volatile write cache holds, told backwards: the store has the newest data, which is what every reader sees,
 * and the journal keeps what the blocks held before each write that is not durable yet. So reads need no look-up,
 * synchronising forgets the journal, and a power cut undoes what did not survive.
 */
import type { Extent } from '../cdb.js';

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

/** What blocks held. */
export interface BlockContents {
  /** Undefined: all zeros. */
  readonly data: Buffer | undefined;
  /** One provisioning state for each block. */
  readonly provisioning: Uint8Array;
}

interface Entry extends Extent {
  /** Undefined for a barrier: these blocks were made durable as they are. */
  readonly before: BlockContents | undefined;
}

/** Beyond so many entries the oldest are made durable, however small they are. */
const MOST_ENTRIES = 16_384;
/** What an entry costs beside its data. */
const ENTRY_BYTES = 128;

const bytesOf = ({ before }: Entry): number =>
  ENTRY_BYTES + (before === undefined ? 0 : (before.data?.length ?? 0) + before.provisioning.length);

export class WriteJournal {
  #entries: (Entry | undefined)[] = [];
  /** Entries before this index were made durable, and are undefined. */
  #first = 0;
  #bytes = 0;

  /** `limit`: bytes of old data that it may keep. */
  constructor(readonly limit: number) {}

  get isEmpty(): boolean {
    return this.#first === this.#entries.length;
  }

  /**
   * A write, or an unmap, is about to change `extent`, which holds `before`. Gives the number of older writes that
   * became durable because the cache is full.
   */
  remember(extent: Extent, before: BlockContents): number {
    return this.#push({ ...extent, before });
  }

  /** `extent` is durable as it is; what else is remembered stays. Gives the same as {@link remember}. */
  barrier(extent: Extent): number {
    return this.isEmpty ? 0 : this.#push({ ...extent, before: undefined });
  }

  /** All is durable. */
  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  /**
   * Goes back in time: `restore` is called with what a block held before a write that did not survive, perhaps
   * several times for one block, the oldest last. The journal is empty afterwards.
   */
  powerCut(
    survival: Survival,
    random: RandomSource,
    restore: (lba: number, contents: BlockContents, index: number) => void,
  ): PowerCutReport {
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
          restore(block, before, index);
          undone.add(block);
        }
      }
    }
    this.clear();
    return { writes, blocksLost: undone.size };
  }

  #push(entry: Entry): number {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
    let destaged = 0;
    while (this.#bytes > this.limit || this.#entries.length - this.#first > MOST_ENTRIES) {
      const oldest = this.#entries[this.#first];
      if (oldest === undefined) break;
      this.#bytes -= bytesOf(oldest);
      if (oldest.before !== undefined) destaged++;
      this.#entries[this.#first++] = undefined;
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return destaged;
  }
}

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
