/** What the page of a run shows, from its results. */
import { changesOf } from '../../harness/results/changes.js';
import type { RequirementResult, RunResults } from '../../harness/results/model.js';
import { programEntries, programsOf } from '../../harness/results/programs.js';
import { kernelWord, reproduce } from '../again.js';
import type { View } from '../explanation.js';
import { matrixOf, rowName, UNTESTED, type MatrixCell, type MatrixKernel } from '../matrix.js';
import { printable } from '../printable.js';
import { duration } from '../style.js';
import type {
  PageCell,
  PageData,
  PageFailure,
  PageFile,
  PageKernel,
  PageRow,
  PageTest,
} from './page-types.js';

/** Gives the files of a test that the page shows, by the test's directory. */
export type FilesOf = (directory: string) => readonly PageFile[];

/** The tests of a run on all kernels, each once, numbered. */
class Tests {
  readonly pages: PageTest[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #results: RunResults;
  readonly #view: View;
  readonly #filesOf: FilesOf;

  constructor(results: RunResults, view: View, filesOf: FilesOf) {
    this.#results = results;
    this.#view = view;
    this.#filesOf = filesOf;
  }

  number(kernel: string, test: Omit<PageTest, 'again' | 'files'>, directory: string): number {
    const key = JSON.stringify([kernel, test.title]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.pages.length;
    this.#numbers.set(key, number);
    this.pages.push({
      ...test,
      title: printable(test.title),
      again: reproduce(
        test.title,
        kernelWord(this.#results.kernels, kernel),
        this.#results.run,
        this.#view.again,
      ),
      files: directory === '' ? [] : this.#filesOf(directory),
    });
    return number;
  }
}

function failuresOf({ failures }: RequirementResult): PageFailure[] {
  return failures.map(({ by, test, expected, seen, events, lines = [] }) => ({
    by: by === 'oracle' ? 'the oracle' : 'the test',
    test: printable(test),
    expected: printable(expected),
    seen: printable(seen),
    events,
    lines: lines.map(printable),
  }));
}

function cellOf({ result, text }: MatrixCell, tests: Tests): PageCell {
  if (result === undefined)
    return { word: UNTESTED, reason: '', observed: '', known: null, failures: [], tests: [] };
  const { knownDefect, kernel } = result;
  return {
    word: text,
    reason: printable(result.reason),
    observed: printable(result.observed),
    known: knownDefect === null ? null : `${printable(knownDefect.finding)} (kernels ${knownDefect.kernels})`,
    failures: failuresOf(result),
    tests: result.tests.map(({ title, file, directory, durationMs = null, verdict }) => [
      tests.number(kernel, { title, file, durationMs }, directory),
      verdict,
    ]),
  };
}

/** The programs of a run as rows, their results as failures of a requirement would be. */
function programRows(results: RunResults, kernels: readonly MatrixKernel[], tests: Tests): PageRow[] {
  const titles = [...new Set(programsOf(results).map(({ test }) => test))];
  const entries = programEntries(results);
  return titles.map((title) => {
    const cells = kernels.map(({ run }): PageCell => {
      const program = programsOf(results).find(({ test, kernel }) => test === title && kernel === run.label);
      const none = { observed: '', known: null, failures: [], tests: [] };
      if (program === undefined) return { ...none, word: UNTESTED, reason: '' };
      const bad = entries.filter((entry) => entry.program === program && entry.verdict !== 'pass');
      const { file, durationMs, directory } = program;
      return {
        ...none,
        word: program.verdict === 'not-applicable' ? 'n/a' : program.verdict,
        reason: printable(program.problems.map(({ text }) => text).join('; ')),
        observed: `${program.results.length} results`,
        failures: bad.map(({ path, verdict, reason, diagnostic }) => ({
          by: 'the program',
          test: printable(title),
          expected: printable(path.slice(1).join(' > ')),
          seen: printable(reason === '' ? verdict : `${verdict}: ${reason}`),
          events: [],
          lines: diagnostic === '' ? [] : printable(diagnostic).split('\n'),
        })),
        tests: [[tests.number(run.label, { title, file, durationMs }, directory), program.verdict]],
      };
    });
    const words = new Set(cells.map(({ word }) => word).filter((word) => word !== UNTESTED));
    return {
      ...{ name: printable(title), family: 'programs', level: 'program', subject: '', sentence: '' },
      ...{ differs: words.size > 1, change: '', cells },
    };
  });
}

function kernelOf({ run, name }: MatrixKernel, { findings }: RunResults): PageKernel {
  return {
    name: printable(name),
    state: run.state,
    reason: printable(run.reason),
    facts: [
      ['release', run.release],
      ['version', run.version],
      ['package', run.packageVersion ?? 'none'],
      ['suite', run.suite ?? 'none'],
      ['chosen by', run.spec],
      ['prepared in', duration(run.preparedMs)],
      ['all tests', duration(run.testedMs)],
    ].map(([label = '', text = '']) => [label, printable(text)] as const),
    findings: findings
      .filter(({ kernel }) => kernel === run.label)
      .map(({ title, test, allowed = null, text, finding }) => ({
        title: printable(`${finding}: ${title}`),
        test: printable(test),
        allowed: allowed === null ? null : printable(allowed),
        text: printable(text),
      })),
  };
}

/** Everything that the page of a run shows; `filesOf` tells where the files of its tests are. */
export function pageData(results: RunResults, view: View, filesOf: FilesOf): PageData {
  const { kernels, rows } = matrixOf(results);
  const tests = new Tests(results, view, filesOf);
  const changes = new Map(changesOf(results).map((change) => [rowName(change), change.text]));
  const subjects = new Map(results.requirements.map(({ id, subject }) => [id, subject]));
  const ofRequirements = rows.map((row): PageRow => ({
    name: rowName(row),
    family: row.family,
    level: row.level,
    subject: subjects.get(row.id) ?? '',
    sentence: `${printable(row.sentence)}${row.selected ? '' : ' (outside the selection)'}`,
    differs: row.differs,
    change: printable(changes.get(rowName(row)) ?? ''),
    cells: row.cells.map((cell) => cellOf(cell, tests)),
  }));
  return {
    kernels: kernels.map((kernel) => kernelOf(kernel, results)),
    rows: [...ofRequirements, ...programRows(results, kernels, tests)],
    tests: tests.pages,
  };
}
