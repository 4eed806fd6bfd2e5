/** A wish for memory, granted or waiting. */
export interface Share {
  readonly bytes: number;
  granted: boolean;
  readonly begin: () => void;
}

/** Bytes of memory that several budgets have in common, beyond what each has of its own. */
export class CommonBudget {
  #left: number;
  /** In the order in which they asked: nobody gets anything before who has waited longer. */
  readonly #line = new Set<Budget>();

  constructor(size: number) {
    this.#left = size;
  }

  /** Bytes that are not taken. */
  get left(): number {
    return this.#left;
  }

  /** True: they are taken. False: `who` is told to try again when some were given back. */
  take(bytes: number, who: Budget): boolean {
    const [first = who] = this.#line;
    if (first !== who || bytes > this.#left) {
      this.#line.add(who);
      return false;
    }
    this.#line.delete(who);
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
    this.#serve();
  }

  /** It does not want anything any more. */
  leave(who: Budget): void {
    if (this.#line.delete(who)) this.#serve();
  }

  #serve(): void {
    for (;;) {
      const [first] = this.#line;
      const before = this.#left;
      first?.tryAgain();
      // Served, or out of the line: the next one has its turn.
      if (first === undefined || (this.#line.has(first) && this.#left === before)) return;
    }
  }
}

/** Bytes of memory that the data of a session's commands may hold; who asks for more waits in line. */
export class Budget {
  #used = 0;
  /** Of what is used, what comes from what all have in common. */
  #borrowed = 0;
  readonly #line = new Set<Share>();

  /**
   * @param size bytes that it may have in all
   * @param own bytes of them that are nobody else's
   * @param common where the others come from
   */
  constructor(
    readonly size: number,
    private readonly own: number = size,
    private readonly common: CommonBudget = new CommonBudget(0),
  ) {}

  /** Bytes that are taken. */
  get used(): number {
    return this.#used;
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
    if (this.#line.size === 1) this.tryAgain();
    return share;
  }

  /** Gives back what was taken, or leaves the line. */
  give(share: Share): void {
    if (share.granted) this.#used -= share.bytes;
    else this.#line.delete(share);
    share.granted = false;
    const back = this.#borrowed - this.#owing(this.#used);
    this.#borrowed -= back;
    if (back > 0) this.common.give(back);
    this.tryAgain();
  }

  /** Serves those who wait, as far as there is memory. */
  tryAgain(): void {
    for (const share of this.#line) {
      const used = this.#used + share.bytes;
      if (used > this.size) break;
      const more = this.#owing(used) - this.#borrowed;
      if (more > 0 && !this.common.take(more, this)) return;
      this.#line.delete(share);
      this.#used = used;
      this.#borrowed += Math.max(0, more);
      share.granted = true;
      share.begin();
    }
    this.common.leave(this);
  }

  /** What of so many bytes is not its own. */
  #owing(used: number): number {
    return Math.max(0, used - this.own);
  }
}
