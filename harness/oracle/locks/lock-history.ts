/** Judges what hosts were told about locks, where nobody saw the drives: one search per drive and resource. */
import type { HistoryEvent } from '../../history/index.js';
import { linearize, type LinearizationResult, type SearchOptions } from './linearize.js';
import { registersOf } from './operations.js';

/** What is to be said of one mutex of one drive. */
export interface RegisterVerdict {
  readonly drive: string;
  readonly resource: string;
  readonly result: LinearizationResult;
}

/** Verdicts on every mutex that the history names, in the order in which it first does. */
export function judgeLockCalls(
  events: readonly HistoryEvent[],
  options: (drive: string) => SearchOptions,
): RegisterVerdict[] {
  return registersOf(events).map(({ drive, resource, operations }) => ({
    drive,
    resource,
    result: linearize(operations, options(drive)),
  }));
}
