/** What the oracle says: who broke which requirement, by which events. */
import type { Exchange, History, HistoryEvent } from '../history/index.js';

/** Who can break a requirement. */
export type Side = 'daemon' | 'kernel' | 'drive';

/** One requirement that a history shows broken. */
export interface Deviation {
  /** Requirement, such as 'SYNC-01'. */
  readonly id: string;
  /** Who broke it. */
  readonly side: Side;
  readonly expected: string;
  readonly seen: string;
  /** Numbers `n` of the events that show it, rising. */
  readonly events: readonly number[];
}

/** What a rule hands in. */
export interface Finding {
  readonly expected: string;
  readonly seen: string;
  /** Events or whole exchanges. */
  readonly by: readonly (HistoryEvent | Exchange)[];
}

interface Counted {
  readonly deviation: Deviation;
  readonly place: number;
  more: number;
}

/**
 * Collects deviations. The same requirement broken again and again about the same thing (an instance, usually)
 * is one deviation that says how often: a log that is gone answers each of a thousand requests wrongly.
 */
export class Report {
  readonly #history: History;
  readonly #found = new Map<string, Counted>();

  constructor(history: History) {
    this.#history = history;
  }

  /** @param about what the deviation is about; repetitions about the same are counted only */
  add(side: Side, id: string, about: string, { expected, seen, by }: Finding): void {
    const key = `${side}/${id}/${about}`;
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.more += 1;
      return;
    }
    const events = by
      .flatMap((item) => ('kind' in item ? [item] : item.events()))
      .toSorted((a, b) => this.#history.place(a) - this.#history.place(b));
    const first = events[0];
    const place = first === undefined ? Infinity : this.#history.place(first);
    const numbers = [...new Set(events.map(({ n }) => n))];
    this.#found.set(key, { deviation: { id, side, expected, seen, events: numbers }, place, more: 0 });
  }

  /** In the order in which they happened. */
  deviations(): Deviation[] {
    return [...this.#found.values()]
      .toSorted((a, b) => a.place - b.place)
      .map(({ deviation, more }) =>
        more === 0 ? deviation : { ...deviation, seen: `${deviation.seen} (and ${more} more like it)` },
      );
  }
}
