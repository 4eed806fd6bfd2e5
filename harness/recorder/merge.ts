/** Puts what several CPUs recorded into one order of time. */

/**
 * Each CPU's items come in order of time. An item is released when no CPU can still deliver an earlier one:
 * each other CPU has already shown a time at or after it, or has ended. An idle CPU therefore holds everything
 * back until something is written on it (the recorder writes tick markers for that).
 */
export class TimeMerge<T extends { readonly t: bigint }> {
  readonly #queues: T[][];
  readonly #seen: bigint[];
  readonly #ended: boolean[];

  constructor(cpus: number) {
    this.#queues = Array.from({ length: cpus }, () => []);
    this.#seen = new Array<bigint>(cpus).fill(-1n);
    this.#ended = new Array<boolean>(cpus).fill(false);
  }

  /** Takes the next items of one CPU and returns those that are now certain, in order. */
  push(cpu: number, items: readonly T[]): T[] {
    const last = items.at(-1);
    if (last === undefined) return [];
    this.#queues[cpu]?.push(...items);
    this.#seen[cpu] = last.t;
    return this.#release();
  }

  /** Says that this CPU delivers nothing more. */
  end(cpu: number): T[] {
    this.#ended[cpu] = true;
    return this.#release();
  }

  #release(): T[] {
    const released: T[] = [];
    for (;;) {
      let first: T | undefined;
      let from = -1;
      this.#queues.forEach((queue, cpu) => {
        const head = queue[0];
        if (head !== undefined && (first === undefined || head.t < first.t)) {
          first = head;
          from = cpu;
        }
      });
      if (first === undefined || !this.#certain(first.t)) return released;
      released.push(first);
      this.#queues[from]?.shift();
    }
  }

  #certain(t: bigint): boolean {
    return this.#seen.every((seen, cpu) => this.#ended[cpu] === true || seen >= t);
  }
}
