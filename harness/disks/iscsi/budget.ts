/** Bytes of memory that the data of a session's commands may hold; who asks for more waits in line. */
export class Budget {
  #left: number;
  readonly #line: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(readonly size: number) {
    this.#left = size;
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.size - this.#left;
  }

  /** Calls `begin`, now or later, with the bytes taken; more than there can be counts as all there is. */
  take(bytes: number, begin: () => void): void {
    const wanted = Math.min(bytes, this.size);
    if (this.#line.length === 0 && wanted <= this.#left) {
      this.#left -= wanted;
      begin();
    } else {
      this.#line.push({ bytes: wanted, begin });
    }
  }

  /** Gives back what {@link take} took. */
  give(bytes: number): void {
    this.#left += Math.min(bytes, this.size);
    for (;;) {
      const next = this.#line[0];
      if (next === undefined || next.bytes > this.#left) return;
      this.#line.shift();
      this.#left -= next.bytes;
      next.begin();
    }
  }
}
