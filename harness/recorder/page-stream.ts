/** Finds page boundaries in the bytes of one recorder port. */

/**
 * Cuts a byte stream into pages. The port may still hold bytes of an earlier recorder, so the reader in the guest
 * first writes a line that nobody wrote before (`preamble`); everything up to its end is dropped.
 */
export class PageStream {
  #pending: Buffer = Buffer.alloc(0);
  #started = false;
  #dropped = 0;
  readonly #preamble: Buffer;

  constructor(
    private readonly pageSize: number,
    preamble: string,
  ) {
    this.#preamble = Buffer.from(preamble, 'latin1');
  }

  /** True once the preamble was seen. */
  get started(): boolean {
    return this.#started;
  }

  /** Bytes before the preamble: leftovers of an earlier recorder. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes of an unfinished page. */
  get pending(): number {
    return this.#started ? this.#pending.length : 0;
  }

  /** Takes the next bytes; returns the pages that they complete, as views. */
  push(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    if (!this.#started && !this.#findPreamble()) return [];
    const pages: Buffer[] = [];
    let at = 0;
    for (; at + this.pageSize <= this.#pending.length; at += this.pageSize) {
      pages.push(this.#pending.subarray(at, at + this.pageSize));
    }
    this.#pending = this.#pending.subarray(at);
    return pages;
  }

  #findPreamble(): boolean {
    const at = this.#pending.indexOf(this.#preamble);
    if (at === -1) {
      // Keep what may be the preamble's beginning.
      const surplus = Math.max(0, this.#pending.length - this.#preamble.length + 1);
      this.#dropped += surplus;
      this.#pending = this.#pending.subarray(surplus);
      return false;
    }
    this.#dropped += at;
    this.#pending = this.#pending.subarray(at + this.#preamble.length);
    this.#started = true;
    return true;
  }
}
