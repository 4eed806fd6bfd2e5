import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { lifeCycleTrace, readHistory, type History } from '../history/index.js';
import { HISTORY_FILE } from './evidence.js';
import type { RunResults } from './model.js';
import { ResultsError } from './read.js';

/** A run that ended: its directory and what `results.json` in it says. */
export interface EndedRun {
  readonly directory: string;
  readonly results: RunResults;
}

/** What both runs show of one test. */
export interface ComparedTest {
  readonly title: string;
  /** incomplete: a recording has gaps, so that neither likeness nor difference says anything. */
  readonly verdict: 'equal' | 'differs' | 'incomplete';
  readonly traces: readonly [a: readonly string[], b: readonly string[]];
  /** The files that were compared. */
  readonly paths: readonly [a: string, b: string];
}

/** The life cycles of logs in two runs, test by test. */
export interface ComparedTraces {
  /** Tests of both in which a log was constructed, by title. */
  readonly tests: readonly ComparedTest[];
  /** Titles of tests that left a history in one run only. */
  readonly onlyIn: readonly [a: readonly string[], b: readonly string[]];
}

/**
 * Compares the traces of life cycles of each test that left a history in both runs. Throws {@link ResultsError} when
 * there is nothing to compare, HistoryFormatError, and what reading a file throws.
 */
export async function compareTraces(a: EndedRun, b: EndedRun): Promise<ComparedTraces> {
  const [ofA, ofB] = [await historiesOf(a), await historiesOf(b)];
  const both = [...ofA.keys()].filter((title) => ofB.has(title)).sort();
  const compared = await Promise.all(both.map((title) => compare(title, ofA.get(title), ofB.get(title))));
  const tests = compared.filter(({ traces }) => traces.some((trace) => trace.length > 0));
  if (tests.length === 0) {
    throw new ResultsError(
      `${a.directory} and ${b.directory}: nothing to compare: there is no test that left a history in both and in ` +
        `which a log was constructed (${ofA.size} and ${ofB.size} histories, ${both.length} of the same tests). Run the ` +
        'same tests into both.',
    );
  }
  const rest = (own: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): readonly string[] =>
    [...own.keys()].filter((title) => !others.has(title)).sort();
  return { tests, onlyIn: [rest(ofA, ofB), rest(ofB, ofA)] };
}

/** The history files of a run by title of their test. A test that did not apply has left none. */
async function historiesOf({ directory, results }: EndedRun): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const test of results.requirements.flatMap(({ tests }) => tests)) {
    if (test.directory === '' || found.has(test.title)) continue;
    const path = join(directory, test.directory, HISTORY_FILE);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) found.set(test.title, path);
  }
  return found;
}

async function compare(title: string, pathA = '', pathB = ''): Promise<ComparedTest> {
  const histories = [await readHistory(pathA), await readHistory(pathB)] as const;
  const [a, b] = [lifeCycleTrace(histories[0]), lifeCycleTrace(histories[1])];
  const same = a.length === b.length && a.every((line, index) => line === b[index]);
  const verdict = histories.some(hasGaps) ? 'incomplete' : same ? 'equal' : 'differs';
  return { title, verdict, traces: [a, b], paths: [pathA, pathB] };
}

function hasGaps({ truncated, losses }: History): boolean {
  return truncated || losses > 0;
}
