/** Time as the target needs it: deadlines. `startDeadline` of harness/deadline-clock.ts fits `after`. */
export interface Clock {
  /** Calls `expire` in `ms` milliseconds, unless the timer is cleared before. */
  after(ms: number, expire: () => void): Timer;
}

export interface Timer {
  clear(): void;
}

/** The process's own time. */
export const REAL_CLOCK: Clock = {
  after(ms, expire) {
    const timer = setTimeout(expire, ms);
    return { clear: () => clearTimeout(timer) };
  },
};
