/** One bit per region, and how many are set. */

/** Bits of memory come in units of this many, as the kernel's bitmaps do on 64-bit hosts (spec 12). */
const UNIT_BITS = 64;

/** Number of 32-bit words that hold `size` bits. */
export function bitmapWords(size: number): number {
  return Math.ceil(size / UNIT_BITS) * (UNIT_BITS / 32);
}

/**
 * Bits 0 to size-1; bit b is bit b mod 32 of word b / 32, which on a little-endian host is also bit b mod 8 of
 * byte b / 8: the order of the disk log. Bits from `size` on are zero, never counted nor found (SYNC-07, DISK-10).
 */
export class RegionBitmap {
  readonly size: number;
  #words: Uint32Array;
  #count = 0;

  /**
   * Takes the bits that are in `words`, which may be memory shared with a file; all clear by default.
   * @throws RangeError when the memory cannot be had, or `words` has another size.
   */
  constructor(size: number, words = new Uint32Array(bitmapWords(size))) {
    if (words.length !== bitmapWords(size)) {
      throw new RangeError(`${words.length} words for ${size} bits, must be ${bitmapWords(size)}`);
    }
    this.size = size;
    this.#words = words;
    this.recount();
  }

  /** Number of set bits. */
  get count(): number {
    return this.#count;
  }

  /** The same memory as bytes. Whoever writes to it calls `recount` afterwards. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
  }

  get(bit: number): boolean {
    return (this.#word(bit >>> 5) & (1 << (bit & 31))) !== 0;
  }

  /** Sets or clears a bit below `size`; false when it was so already, so that nothing counts twice (SYNC-06). */
  set(bit: number, value: boolean): boolean {
    if (bit < 0 || bit >= this.size) throw new RangeError(`bit ${bit} of a bitmap of ${this.size}`);
    if (this.get(bit) === value) return false;
    this.#words[bit >>> 5] = this.#word(bit >>> 5) ^ (1 << (bit & 31));
    this.#count += value ? 1 : -1;
    return true;
  }

  /** Sets or clears all bits from `from` on. */
  fill(value: boolean, from = 0): void {
    if (from >= this.size) return;
    const first = from >>> 5;
    const kept = this.#word(first) & ((1 << (from & 31)) - 1);
    const pattern = value ? 0xffff_ffff : 0;
    this.#words.fill(pattern, first);
    this.#words[first] = kept | (pattern << (from & 31));
    this.recount();
  }

  /** Lets go of the memory, which may be taken away afterwards. No bit is set any more. */
  release(): void {
    this.#words = new Uint32Array(0);
    this.#count = 0;
  }

  /** Takes over all bits of a bitmap of the same size. */
  copyFrom(other: RegionBitmap): void {
    this.#words.set(other.#words);
    this.#count = other.#count;
  }

  /** Clears what lies beyond `size`, and counts anew. */
  recount(): void {
    for (let word = Math.ceil(this.size / 32); word < this.#words.length; word++) this.#words[word] = 0;
    const inLast = this.size & 31;
    if (inLast !== 0) {
      const last = this.size >>> 5;
      this.#words[last] = this.#word(last) & ((1 << inLast) - 1);
    }
    let count = 0;
    for (const word of this.#words) count += word === 0 ? 0 : popcount(word);
    this.#count = count;
  }

  /** Lowest clear bit that is `from` or above, or undefined. */
  nextClear(from: number): number | undefined {
    if (this.#count === this.size) return undefined;
    for (let index = from >>> 5; index < this.#words.length; index++) {
      // Bits below `from` in its word, and all bits of a full word, are taken for set.
      const below = index === from >>> 5 ? (1 << (from & 31)) - 1 : 0;
      const clear = ~(this.#word(index) | below);
      if (clear !== 0) {
        const bit = index * 32 + (31 - Math.clz32(clear & -clear));
        return bit < this.size ? bit : undefined;
      }
    }
    return undefined;
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }
}

/** Number of set bits of a 32-bit word. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
