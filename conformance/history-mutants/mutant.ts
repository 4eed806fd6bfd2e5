import type { History } from '../../harness/history/index.js';

/** A kernel that is broken in one known way, as an edit of what a good one's history shows. */
export interface HistoryMutant {
  /** Name of the broken kernel, as tests give it. */
  readonly name: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** What the broken kernel does, in a sentence. */
  readonly description: string;
  /**
   * The history that the broken kernel would have made; undefined when this one has nothing that it would have
   * done otherwise. Pure.
   */
  apply(history: History): History | undefined;
}
