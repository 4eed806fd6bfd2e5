/**
 * A value that is written by requests whose effect happens at an unknown moment between their sending and their
 * answer. Several requests of one log may be outstanding at once (spec 2.5), so that the oracle must accept
 * every value that some order of them explains.
 */

/** One write; places are indexes of events in the history. */
export interface Write<T> {
  value: T;
  /** Sending of the request. */
  readonly from: number;
  /** Its answer; Infinity while there is none. */
  to: number;
}

/** See the head of this file. */
export class Register<T> {
  #writes: Write<T>[];

  constructor(initial: T) {
    this.#writes = [{ value: initial, from: -Infinity, to: -Infinity }];
  }

  /** Begins a write that was sent at `from`; the caller sets `to` when it is answered. */
  write(value: T, from: number, to = Infinity): Write<T> {
    const write = { value, from, to };
    this.#writes.push(write);
    return write;
  }

  /** Takes back a write that never reached the daemon. */
  remove(write: Write<T>): void {
    this.#writes = this.#writes.filter((other) => other !== write);
  }

  /** Every value that a request sent at `from` and answered at `to` may have met; `own` is what it wrote itself. */
  possible(from: number, to: number, own?: Write<T>): ReadonlySet<T> {
    const values = new Set<T>();
    for (const write of this.#writes) {
      if (write !== own && write.from < to && !this.#overwritten(write, from)) values.add(write.value);
    }
    return values;
  }

  /** Forgets writes that no request sent at `horizon` or later can meet; returns the number that is left. */
  settle(horizon: number): number {
    this.#writes = this.#writes.filter((write) => !this.#overwritten(write, horizon));
    return this.#writes.length;
  }

  /** True when some write surely happened after `write` and before `place`. */
  #overwritten(write: Write<T>, place: number): boolean {
    return this.#writes.some((later) => later.from > write.to && later.to < place);
  }
}
