/** The clock of the drives. It is injected, so that a test can let it run as it likes. */
export interface DriveClock {
  /** Nanoseconds since some moment; never goes back. */
  now(): bigint;
  /** Calls `expire` once, `ns` nanoseconds from now; the function given back keeps it from that. */
  startTimer(ns: bigint, expire: () => void): () => void;
}

/** The clock of this process; timers are exact to a millisecond and do not keep the process alive. */
export const systemClock: DriveClock = {
  now: () => process.hrtime.bigint(),
  startTimer: (ns, expire) => {
    const timer = setTimeout(expire, Number((ns + 999_999n) / 1_000_000n));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is told to go on. */
export class ManualClock implements DriveClock {
  #now = 0n;
  readonly #timers = new Set<{ readonly at: bigint; readonly expire: () => void }>();

  now(): bigint {
    return this.#now;
  }

  startTimer(ns: bigint, expire: () => void): () => void {
    const timer = { at: this.#now + ns, expire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have neither expired nor been stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  /** `ns` nanoseconds go by; timers expire in their order, each at its moment. */
  advance(ns: bigint): void {
    const end = this.#now + ns;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => Number(a.at - b.at));
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.expire();
    }
    this.#now = end;
  }
}
