/**
 * The clock of all deadlines of this process. It stands still while a debugger holds a machine that the deadlines are
 * about: nothing that waits for a guest is late because a person looks at it.
 */

/** A deadline that has not passed yet. */
export interface Deadline {
  /** From now on it never passes. */
  clear(): void;
}

class Running implements Deadline {
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  constructor(
    /** Milliseconds of this clock. */
    private left: number,
    private readonly expire: () => void,
  ) {
    all.add(this);
    if (holders.size === 0) this.goOn();
  }

  goOn(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(() => {
      all.delete(this);
      this.expire();
    }, this.left);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.left = Math.max(0, this.left - (performance.now() - this.#since));
  }

  clear(): void {
    clearTimeout(this.#timer);
    all.delete(this);
  }
}

const all = new Set<Running>();
/** Who holds the clock. */
const holders = new Set<object>();

/** Calls `expire` once `ms` milliseconds of the clock have gone by. */
export function startDeadline(ms: number, expire: () => void): Deadline {
  return new Running(ms, expire);
}

/** Stops the clock until `holder` lets go of it, and all others that hold it. */
export function holdDeadlines(holder: object): void {
  if (holders.size === 0) for (const deadline of all) deadline.stop();
  holders.add(holder);
}

/** The clock goes on when nobody else holds it; nothing happens if `holder` does not. */
export function releaseDeadlines(holder: object): void {
  if (!holders.delete(holder) || holders.size > 0) return;
  for (const deadline of all) deadline.goOn();
}
