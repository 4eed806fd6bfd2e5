/** One bit per region, and how many are set. */

/** Bits 0 to size-1. Bits beyond size do not exist, so they are never counted nor found (SYNC-07). */
export class RegionBitmap {
  readonly size: number;
  readonly #words: Uint32Array;
  #count: number;

  /** @throws RangeError when the memory cannot be had. */
  constructor(size: number, value: boolean) {
    this.size = size;
    this.#words = new Uint32Array(Math.ceil(size / 32));
    this.#count = value ? size : 0;
    if (value) {
      this.#words.fill(0xffff_ffff);
      const inLast = size % 32;
      if (inLast !== 0) this.#words[this.#words.length - 1] = 2 ** inLast - 1;
    }
  }

  /** Number of set bits. */
  get count(): number {
    return this.#count;
  }

  get(bit: number): boolean {
    return (this.#word(bit >>> 5) & (1 << (bit & 31))) !== 0;
  }

  /** Sets or clears a bit below `size`; repeating it counts nothing twice (SYNC-06). */
  set(bit: number, value: boolean): void {
    if (bit < 0 || bit >= this.size) throw new RangeError(`bit ${bit} of a bitmap of ${this.size}`);
    if (this.get(bit) === value) return;
    this.#words[bit >>> 5] = this.#word(bit >>> 5) ^ (1 << (bit & 31));
    this.#count += value ? 1 : -1;
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
