import { dirname, join } from 'node:path';
import { isTested } from '../harness/results/exit-status.js';
import type { RequirementResult, RunResults, Verdict } from '../harness/results/model.js';
import { lastLine } from '../harness/results/summary.js';
import {
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
import { reproduce } from './again.js';
import { oneLine, printable } from './printable.js';
import { programsOf } from '../harness/results/programs.js';
import { renderPrograms } from './programs.js';
import { duration, labelled, paint, ranges, wrap, type Style } from './style.js';

const LABEL = 10;

function shownVerdict({ verdict, known }: RequirementResult): string {
  if (known) return 'known';
  return verdict === 'not-applicable' ? 'n/a' : verdict;
}

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
    cells: [result.id, shownVerdict(result), result.level, result.subjectName, duration(result.durationMs)],
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

function untested(results: readonly RequirementResult[], { colors }: Style): string[] {
  const families = new Map<string, { all: number; without: RequirementResult[] }>();
  for (const result of results) {
    const name = result.id.split('-')[0] ?? '';
    const family = families.get(name) ?? { all: 0, without: [] };
    family.all += 1;
    if (!isTested(result)) family.without.push(result);
    families.set(name, family);
  }
  const lines = [...families]
    .filter(([, { without }]) => without.length > 0)
    .map(([name, { all, without }]) => {
      const ids = ranges(
        without.map(({ id }) => Number.parseInt(id.slice(name.length + 1), 10)),
        8,
      );
      return colors.dim(
        `  ${name.padEnd(6)} ${String(without.length).padStart(3)} of ${String(all).padStart(2)}: ${ids}`,
      );
    });
  return lines.length === 0 ? [] : [colors.bold('no test in this run'), ...lines];
}

function detail(result: RequirementResult, results: RunResults, view: View, style: Style): string[] {
  const title = result.known ? 'known defect' : result.verdict;
  return [
    `${paint(colourOf(result), title, style)} ${style.colors.bold(result.id)} (${result.level})`,
    ...explain(result, results, view).flatMap(({ label, text, verbatim }) =>
      verbatim ? [`  ${label.padEnd(LABEL)}${text}`] : labelled(label, text, LABEL, style),
    ),
  ];
}

function findings({ findings: found }: RunResults, out: string, { colors }: Style): string[][] {
  return found.map(({ finding, title, text, test, path, allowed }) => {
    const heading = allowed === undefined ? colors.red(finding) : `${finding} (allowed: ${allowed})`;
    const lines = printable(text).trim().split('\n');
    return [
      `the kernel reported: ${heading} in "${test}"`,
      `  ${colors.bold(printable(title))}`,
      ...(allowed === undefined ? lines.slice(0, 6).map((line) => `  ${line}`) : []),
      ...(allowed === undefined && lines.length > 6 ? [`  … and ${lines.length - 6} more lines`] : []),
      `  ${join(out, dirname(path), 'console.log')}`,
    ];
  });
}

function counts({ requirements, summary }: RunResults): string {
  const selected = requirements.filter((result) => result.selected);
  const tested = selected.filter(isTested);
  const of = (level: RequirementResult['level']): string => {
    const mine = tested.filter((result) => result.level === level);
    return mine.length === 0
      ? ''
      : `${level} ${mine.filter(({ verdict }) => verdict === 'pass').length} of ${mine.length} pass`;
  };
  const levels = (['MUST', 'SHOULD', 'QUIRK'] as const).map(of).filter((text) => text !== '');
  const { pass, fail, unknown, infra, notApplicable } = summary;
  return (
    `${tested.length} of ${selected.length} requirements tested: ${pass} pass, ${fail} fail, ` +
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
    isNothingJudged(results) ? [colors.yellow(NOTHING_JUDGED)] : [],
  ];
}

/**
 * The report of a run: a table of what was tested, failures in detail, what has no test by family, counts,
 * the paths of results and page, and the line `N passed, N failed, N skipped` last. `html` is the page that shows the
 * same with all files of the tests, if there is one.
 */
export function renderReport(results: RunResults, view: View, style: Style, html?: string): string {
  const { requirements, run } = results;
  const { colors } = style;
  const inside = requirements.filter(({ selected }) => selected);
  // Tests that an interruption kept from running have no detail to show.
  const ran = ({ tests }: RequirementResult): boolean =>
    !run.interrupted || tests.some(({ directory }) => directory !== '');
  const bad = inside.filter((result) => isTested(result) && isTrouble(result) && ran(result));
  const aside = requirements.filter((result) => !result.selected && isTrouble(result));
  const sections: readonly (readonly string[])[] = [
    table(inside.filter(isTested), style),
    untested(inside, style),
    ...bad.map((result) => detail(result, results, view, style)),
    aside.length === 0
      ? []
      : [colors.bold('seen broken on the way, outside the selection (does not change the exit status)')],
    ...aside.map((result) => detail(result, results, view, style)),
    ...renderPrograms(results, view.out, (title, kernel) => reproduce(title, kernel, run, view.again), style),
    ...findings(results, view.out, style),
    ...remarks(results, style),
    [
      // A run of programs alone has nothing to say about requirements.
      ...(requirements.length === 0 && programsOf(results).length > 0 ? [] : [counts(results)]),
      `results: ${join(view.out, 'results.json')} (${duration(run.durationMs)})`,
      ...(html === undefined ? [] : [`page:    ${html}`]),
      lastLine(requirements, programsOf(results)),
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `\n${text.join('\n\n')}\n`;
}
