import { dirname, join } from 'node:path';
import { changesOf } from '../harness/results/changes.js';
import { isTested } from '../harness/results/exit-status.js';
import type { RequirementResult, RunResults, Verdict } from '../harness/results/model.js';
import { lastLine } from '../harness/results/summary.js';
import {
  DEBUGGED,
  defectsGone,
  explain,
  goneText,
  INTERRUPTED,
  isTrouble,
  isNothingJudged,
  NOTHING_JUDGED,
  reasonOf,
  type View,
} from './explanation.js';
import { kernelWord, reproduce } from './again.js';
import { memoryLines } from './finding-line.js';
import { foldFindings, foldResults, type Folded } from './fold.js';
import { familyOf, matrixOf, verdictWord, type Weight, WEIGHTS, weightWord } from './matrix.js';
import { oneLine, printable } from './printable.js';
import { programsOf } from '../harness/results/programs.js';
import { renderPrograms } from './programs.js';
import { renderChanges, renderKernels, renderMatrix, renderUntestedKernels } from './terminal-matrix.js';
import { duration, labelled, paint, ranges, wrap, type Style } from './style.js';

const LABEL = 10;

/** A known defect is a failure, but not one to look at first. */
function colourOf({ verdict, known }: RequirementResult): Verdict {
  return known ? 'unknown' : verdict;
}

/** Pass: what was shown to hold. Everything else: why not. */
function shownText(result: RequirementResult): string {
  return result.verdict === 'pass' ? result.sentence : reasonOf(result);
}

function table(results: readonly RequirementResult[], style: Style): string[] {
  if (results.length === 0) return [];
  const rows = results.map((result) => ({
    result,
    cells: [
      result.id,
      verdictWord(result),
      weightWord(result),
      result.subjectName,
      duration(result.durationMs),
    ],
  }));
  const heads = ['id', 'verdict', 'level', 'subject', 'time'];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map(({ cells }) => (cells[column] ?? '').length)),
  );
  const cell = (cells: readonly string[], column: number): string => {
    const width = widths[column] ?? 0;
    const text = cells[column] ?? '';
    return column === 4 ? text.padStart(width) : text.padEnd(width);
  };
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(40, style.width - indent);
  const lines = [
    style.colors.bold(`${heads.map((_, column) => cell(heads, column)).join('  ')}  sentence or reason`),
  ];
  for (const { result, cells } of rows) {
    const [first = '', ...more] = wrap(oneLine(shownText(result)), room).slice(0, 4);
    const painted = cells.map((_, column) =>
      column === 1 ? paint(colourOf(result), cell(cells, column), style) : cell(cells, column),
    );
    lines.push(`${painted.join('  ')}  ${first}`, ...more.map((line) => ' '.repeat(indent) + line));
  }
  return lines;
}

/** What has no test, by family. */
function untested(
  entries: readonly { readonly id: string; readonly tested: boolean }[],
  { colors }: Style,
): string[] {
  const families = new Map<string, { all: number; without: string[] }>();
  for (const { id, tested } of entries) {
    const name = familyOf(id);
    const family = families.get(name) ?? { all: 0, without: [] };
    family.all += 1;
    if (!tested) family.without.push(id);
    families.set(name, family);
  }
  const lines = [...families]
    .filter(([, { without }]) => without.length > 0)
    .map(([name, { all, without }]) => {
      const ids = ranges(
        without.map((id) => Number.parseInt(id.slice(name.length + 1), 10)),
        8,
      );
      return colors.dim(
        `  ${name.padEnd(6)} ${String(without.length).padStart(3)} of ${String(all).padStart(2)}: ${ids}`,
      );
    });
  return lines.length === 0 ? [] : [colors.bold('no test in this run'), ...lines];
}

/** What was seen, once for all kernels on which it was the same; the files are those of the first. */
function detail(
  { first: result, kernels }: Folded<RequirementResult>,
  results: RunResults,
  view: View,
  style: Style,
): string[] {
  const title = result.known ? 'known defect' : result.verdict;
  const several = results.kernels.length > 1;
  return [
    `${paint(colourOf(result), title, style)} ${style.colors.bold(result.id)} (${weightWord(result)})`,
    ...(several ? labelled('kernels', kernels.join(', '), LABEL, style) : []),
    ...explain(result, results, view).flatMap(({ label, text, verbatim }) =>
      verbatim ? [`  ${label.padEnd(LABEL)}${text}`] : labelled(label, text, LABEL, style),
    ),
  ];
}

function findings(results: RunResults, out: string, { colors }: Style): string[][] {
  return foldFindings(results).map(({ first, kernels }) => {
    const { finding, title, text, test, path, allowed } = first;
    const heading = allowed === undefined ? colors.red(finding) : `${finding} (allowed: ${allowed})`;
    const lines = printable(text).trim().split('\n');
    const where = results.kernels.length > 1 ? ` on ${kernels.join(', ')}` : '';
    return [
      `the kernel reported: ${heading} in "${printable(test)}"${where}`,
      `  ${colors.bold(printable(title))}`,
      ...(allowed === undefined ? lines.slice(0, 6).map((line) => `  ${line}`) : []),
      ...(allowed === undefined && lines.length > 6 ? [`  … and ${lines.length - 6} more lines`] : []),
      `  ${join(out, dirname(path), 'console.log')}`,
      ...memoryLines(first, results, out).map((line) => `  ${printable(line)}`),
    ];
  });
}

function counts({ requirements, summary, kernels }: RunResults): string {
  const selected = requirements.filter((result) => result.selected);
  const tested = selected.filter(isTested);
  const of = (weight: Weight): string => {
    const mine = tested.filter((result) => weightWord(result) === weight);
    return mine.length === 0
      ? ''
      : `${weight} ${mine.filter(({ verdict }) => verdict === 'pass').length} of ${mine.length} pass`;
  };
  const levels = WEIGHTS.map(of).filter((text) => text !== '');
  const { pass, fail, unknown, infra, notApplicable } = summary;
  return (
    `${tested.length} of ${selected.length} ${kernels.length === 1 ? 'requirements' : `verdicts on ${kernels.length} kernels`} tested: ${pass} pass, ${fail} fail, ` +
    `${unknown - (selected.length - tested.length)} unknown, ${infra} infra, ${notApplicable} not applicable` +
    (levels.length === 0 ? '' : ` (${levels.join(', ')})`)
  );
}

/** Remarks on the run as a whole, one section each. */
function remarks(results: RunResults, { colors }: Style): string[][] {
  const { run } = results;
  return [
    ...defectsGone(results).map((result) => [`${colors.green('gone')} ${result.id}: ${goneText(result)}`]),
    ...run.errors.map((error) => [`${colors.red('infra')} ${printable(error)}`]),
    run.interrupted ? [colors.yellow(INTERRUPTED)] : [],
    run.options.gdb === true ? [DEBUGGED] : [],
    suitesLeftOut(run),
    isNothingJudged(results) ? [colors.yellow(NOTHING_JUDGED)] : [],
  ];
}

/** A line for each reason for which kernels of suites were not considered. */
function suitesLeftOut({ suitesLeftOut: left = [] }: RunResults['run']): string[] {
  const reasons = [...new Set(left.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const suites = left.filter((one) => one.reason === reason).map(({ suite }) => suite);
    return printable(`kernels of ${suites.join(', ')} were left out: ${reason}`);
  });
}

/** What a report tells besides the results. */
export interface ReportExtras {
  /** Pages that show the same with all files of the tests, if there are any. */
  readonly pages?: readonly string[];
  /** What a baseline says of the results. */
  readonly verdict?: string;
}

/** Whether there is one kernel, and its tests ran: no matrix is needed. */
function isPlain({ kernels }: RunResults): boolean {
  return kernels.length === 1 && kernels[0]?.state === 'tested';
}

/** The table of one kernel, or the matrix of several. */
function overview(results: RunResults, inside: readonly RequirementResult[], style: Style): string[][] {
  if (isPlain(results)) {
    const entries = inside.map((result) => ({ id: result.id, tested: isTested(result) }));
    return [table(inside.filter(isTested), style), untested(entries, style)];
  }
  const matrix = matrixOf(results);
  const entries = matrix.rows
    .filter(({ selected }) => selected)
    .map(({ id, cells }) => ({ id, tested: cells.some(({ verdict }) => verdict !== undefined) }));
  return [...renderMatrix(matrix, style), untested(entries, style), renderChanges(changesOf(results), style)];
}

/**
 * The report of a run: a table of what was tested, for several kernels a matrix of what does not pass everywhere and
 * what changed between them; failures in detail, once for all kernels that show the same; what has no test by family;
 * counts, the paths of results and page, and the line `N passed, N failed, N skipped` last.
 */
export function renderReport(
  results: RunResults,
  view: View,
  style: Style,
  { pages = [], verdict = '' }: ReportExtras = {},
): string {
  const { requirements, run } = results;
  const { colors } = style;
  const inside = requirements.filter(({ selected }) => selected);
  // Tests that an interruption kept from running have no detail to show.
  const ran = ({ tests }: RequirementResult): boolean =>
    !run.interrupted || tests.some(({ directory }) => directory !== '');
  // Of a kernel that was not tested the reason is told once.
  const down = new Set(results.kernels.filter(({ state }) => state !== 'tested').map(({ label }) => label));
  const up = ({ kernel }: RequirementResult): boolean => !down.has(kernel);
  const bad = inside.filter((result) => isTested(result) && isTrouble(result) && ran(result) && up(result));
  const aside = requirements.filter((result) => !result.selected && isTrouble(result));
  const matrix = matrixOf(results);
  const sections: readonly (readonly string[])[] = [
    ...overview(results, inside, style),
    ...foldResults(bad, results).map((folded) => detail(folded, results, view, style)),
    aside.length === 0
      ? []
      : [colors.bold('seen broken on the way, outside the selection (does not change the exit status)')],
    ...foldResults(aside, results).map((folded) => detail(folded, results, view, style)),
    ...renderPrograms(
      results,
      view.out,
      (title, kernel) => reproduce(title, kernelWord(results.kernels, kernel), run, view.again),
      style,
    ),
    ...findings(results, view.out, style),
    ...(isPlain(results) ? [] : [renderUntestedKernels(matrix, style), renderKernels(matrix, style)]),
    ...remarks(results, style),
    verdict === '' ? [] : [verdict.trimEnd()],
    [
      // A run of programs alone has nothing to say about requirements.
      ...(requirements.length === 0 && programsOf(results).length > 0 ? [] : [counts(results)]),
      `results: ${join(view.out, 'results.json')} (${duration(run.durationMs)})`,
      ...pages.map((page) => `page:    ${page}`),
      lastLine(requirements, programsOf(results)),
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `\n${text.join('\n\n')}\n`;
}
