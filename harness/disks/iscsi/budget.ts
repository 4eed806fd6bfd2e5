/** A wish for memory, granted or waiting. */
export interface Share {
  readonly bytes: number;
  granted: boolean;
  readonly begin: () => void;
}

/** Bytes of memory that the data of a session's commands may hold; who asks for more waits in line. */
export class Budget {
  #left: number;
  readonly #line = new Set<Share>();

  constructor(readonly size: number) {
    this.#left = size;
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.size - this.#left;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Calls `begin`, now or later, with the bytes taken; more than there can be counts as all there is. Who wants nothing
   * waits for nobody.
   */
  take(bytes: number, begin: () => void): Share {
    const share = { bytes: Math.min(bytes, this.size), granted: bytes === 0, begin };
    if (share.granted) {
      begin();
      return share;
    }
    this.#line.add(share);
    if (this.#line.size === 1) this.#serve();
    return share;
  }

  /** Gives back what was taken, or leaves the line. */
  give(share: Share): void {
    if (share.granted) this.#left += share.bytes;
    else this.#line.delete(share);
    share.granted = false;
    this.#serve();
  }

  #serve(): void {
    for (const share of this.#line) {
      if (share.bytes > this.#left) return;
      this.#line.delete(share);
      this.#left -= share.bytes;
      share.granted = true;
      share.begin();
    }
  }
}
