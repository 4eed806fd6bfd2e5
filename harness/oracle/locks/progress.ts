/** Which calls of a history have taken effect, kept small: of calls that were answered nearly all of the first have. */
import type { Operation } from './operations.js';

/** Immutable. Calls are known by their index. */
export interface Progress {
  /** Of the answered calls, in order of their starts, so many took effect without a gap... */
  readonly first: number;
  /** ...and these behind the gap, rising. */
  readonly ahead: readonly number[];
  /** Of the lost calls, in the order of the history, those that took effect, rising. */
  readonly lost: readonly number[];
}

export const NOTHING_DONE: Progress = { first: 0, ahead: [], lost: [] };

/** The calls of a history in the order in which a search looks at them. */
export class Agenda {
  /** In order of their starts. */
  readonly answered: readonly Operation[];
  readonly lost: readonly Operation[];

  constructor(operations: readonly Operation[]) {
    this.answered = operations
      .filter(({ answer }) => answer !== undefined)
      .toSorted((a, b) => a.start - b.start);
    this.lost = operations.filter(({ answer }) => answer === undefined);
  }

  /** True when every answered call took effect; lost ones need not. */
  isDone({ first }: Progress): boolean {
    return first === this.answered.length;
  }

  /**
   * Calls that may be the next to take effect: those that began before any answered one that did not take effect was
   * over, `slack` ticks allowed. The one that ends first comes first.
   */
  candidates(progress: Progress, slack: number): Operation[] {
    const open: Operation[] = [];
    let firstEnd = Infinity;
    for (let index = progress.first; index < this.answered.length; index += 1) {
      const operation = this.answered[index];
      if (operation === undefined || operation.start > firstEnd + slack) break;
      if (progress.ahead.includes(index)) continue;
      open.push(operation);
      firstEnd = Math.min(firstEnd, operation.end);
    }
    const began = open.filter(({ start }) => start <= firstEnd + slack);
    const lost = this.lost.filter(
      ({ start }, index) => start <= firstEnd + slack && !progress.lost.includes(index),
    );
    return [...began.toSorted((a, b) => a.end - b.end), ...lost];
  }

  /** The progress after one more call took effect. */
  after({ first, ahead, lost }: Progress, operation: Operation): Progress {
    if (operation.answer === undefined)
      return { first, ahead, lost: rising([...lost, this.lost.indexOf(operation)]) };
    const done = rising([...ahead, this.answered.indexOf(operation, first)]);
    let next = first;
    while (done[next - first] === next) next += 1;
    return { first: next, ahead: done.slice(next - first), lost };
  }
}

const rising = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** A text that is equal for equal progress. */
export function progressKey({ first, ahead, lost }: Progress): string {
  return `${String(first)}+${ahead.join()}/${lost.join()}`;
}
