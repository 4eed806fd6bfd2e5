import type { Clock, Timer } from '../clock.js';

/** Time that goes by when a test says so. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly expire: () => void }>();

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }

  after(ms: number, expire: () => void): Timer {
    const timer = { at: this.#now + ms, expire };
    this.#timers.add(timer);
    return { clear: () => void this.#timers.delete(timer) };
  }

  /** Lets time go by; what is due runs in the order in which it is due. */
  pass(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      if (!this.#timers.delete(timer)) continue;
      timer.expire();
    }
  }
}
