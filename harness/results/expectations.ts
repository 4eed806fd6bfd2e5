import type { History, HistoryEvent } from '../history/index.js';
import type { CheckFailure, ConformanceTest } from '../plan/definition.js';
import type { Failure } from './model.js';

/** The parts of a test that judging needs. */
export type JudgedTest = Pick<
  ConformanceTest,
  'title' | 'ids' | 'underTest' | 'situation' | 'expect' | 'allowFindings'
>;

/** What a test's own code says about a history. */
export interface Checked {
  readonly situation: readonly HistoryEvent[];
  /** Everything that an expectation looked at, whether it held or not. */
  readonly examined: readonly HistoryEvent[];
  /** Ids about which something was checked; undefined stands for "every id of the test". */
  readonly about: ReadonlySet<string | undefined>;
  readonly failures: readonly { readonly id: string | undefined; readonly failure: Failure }[];
  /** What the test's own code threw; a fault of the suite, not of the subject. */
  readonly broken: string | undefined;
}

/** Runs the pure parts of a test over a history. Never throws. */
export function runExpectations(test: JudgedTest, history: History): Checked {
  let situation: readonly HistoryEvent[] = [];
  const examined: HistoryEvent[] = [];
  const about = new Set<string | undefined>();
  const failures: { id: string | undefined; failure: Failure }[] = [];
  let broken: string | undefined;
  try {
    situation = test.situation(history);
    test.expect(history, (holds: boolean, { id, expected, seen, events = [] }: CheckFailure) => {
      about.add(id);
      examined.push(...events);
      if (holds) return;
      failures.push({
        id,
        failure: { by: 'expectation', expected, seen, events: events.map((event) => event.n) },
      });
    });
  } catch (error) {
    broken = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return { situation, examined, about, failures, broken };
}
