import { dirname, join } from 'node:path';
import { isTested } from '../harness/results/exit-status.js';
import type { RequirementResult, RunResults, Verdict } from '../harness/results/model.js';
import { lastLine } from '../harness/results/summary.js';
import { programsOf } from '../harness/results/programs.js';
import { renderPrograms } from './programs.js';
import { duration, labelled, paint, ranges, wrap, type Style } from './style.js';

const LABEL = 10;

/** Quotes an argument for a POSIX shell where it needs it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** How a test of the run is started again. */
export interface Again {
  /** What precedes the options, e.g. `npx ulogcheck run`. */
  readonly command: readonly string[];
  /** What to give to `-g` so that just the test with this title is selected. */
  readonly patterns: (title: string) => readonly string[];
}

/** The command that runs one test again, as this run did; options at their defaults are left out. */
export function reproduce(title: string, { run }: RunResults, again: Again): string {
  const { kernel, daemon, userland, tier } = run.options;
  const words = [...again.command, '--kernel', kernel, '--daemon', daemon];
  if (userland !== 'trixie') words.push('--userland', userland);
  if (tier !== 'quick') words.push('--tier', tier);
  const patterns = again.patterns(title).flatMap((pattern) => ['-g', pattern]);
  return [...words, '--seed', String(run.seed), ...patterns].map(shellWord).join(' ');
}

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
  if (result.known) return `known defect: ${result.knownDefect?.finding ?? ''} ${result.reason}`;
  return result.verdict === 'pass' ? result.sentence : result.reason;
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
    const [first = '', ...more] = wrap(shownText(result).replaceAll('\n', ' '), room).slice(0, 4);
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

function detail(
  result: RequirementResult,
  results: RunResults,
  out: string,
  again: Again,
  style: Style,
): string[] {
  const { colors } = style;
  const title = result.known ? 'known defect' : result.verdict;
  const lines = [`${paint(colourOf(result), title, style)} ${colors.bold(result.id)} (${result.level})`];
  const put = (label: string, text: string): void => {
    lines.push(...labelled(label, text, LABEL, style));
  };
  put('sentence', result.sentence);
  if (result.knownDefect !== null)
    put('known', `${result.knownDefect.finding} (kernels ${result.knownDefect.kernels})`);
  for (const [index, failure] of result.failures.entries()) {
    if (index === 5) {
      put('', `… and ${result.failures.length - 5} more in results.json`);
      break;
    }
    put('expected', failure.expected);
    put('seen', failure.seen === '' ? '(nothing)' : failure.seen);
    const seenBy = failure.by === 'oracle' ? 'the oracle' : 'the test';
    const events = failure.events.length === 0 ? 'none' : ranges(failure.events);
    put('events', `${events} (${seenBy}, in "${failure.test}")`);
  }
  if (result.failures.length === 0) put('reason', result.reason);
  // Not wrapped: paths and commands are there to be copied.
  const line = (label: string, text: string): void => {
    lines.push(`  ${label.padEnd(LABEL)}${text}`);
  };
  for (const test of result.tests.filter(({ verdict }) => verdict === result.verdict)) {
    line('test', test.file);
    if (test.directory !== '') line('timeline', join(out, test.directory, 'timeline.txt'));
    line('again', reproduce(test.title, results, again));
  }
  return lines;
}

function findings({ findings: found }: RunResults, out: string, { colors }: Style): string[][] {
  return found.map(({ finding, text, test, path }) => [
    `the kernel reported a ${colors.red(finding)} in "${test}"`,
    ...text
      .trim()
      .split('\n')
      .slice(0, 6)
      .map((line) => `  ${line}`),
    `  ${join(out, dirname(path), 'console.log')}`,
  ]);
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
function remarks({ requirements, programs = [], run }: RunResults, { colors }: Style): string[][] {
  const gone = requirements.filter(({ knownDefect, verdict }) => knownDefect !== null && verdict === 'pass');
  return [
    ...gone.map(({ id, knownDefect }) => [
      `${colors.green('gone')} ${id}: the known defect of kernels ${knownDefect?.kernels ?? ''} does not show here`,
    ]),
    ...run.errors.map((error) => [`${colors.red('infra')} ${error}`]),
    run.interrupted ? [colors.yellow('interrupted: what had not ended by then is unknown')] : [],
    requirements.some(isTested) || programs.length > 0
      ? []
      : [colors.yellow('nothing was judged: no selected requirement has a test in this run')],
  ];
}

/**
 * The report of a run: a table of what was tested, failures in detail, what has no test by family, counts,
 * the path of the results, and the line `N passed, N failed, N skipped` last. `out` is the directory of
 * results.json as it should be shown.
 */
export function renderReport(results: RunResults, out: string, again: Again, style: Style): string {
  const { requirements, run } = results;
  const { colors } = style;
  const inside = requirements.filter(({ selected }) => selected);
  const isBad = ({ verdict }: RequirementResult): boolean => ['fail', 'infra', 'unknown'].includes(verdict);
  // Tests that an interruption kept from running have no detail to show.
  const ran = ({ tests }: RequirementResult): boolean =>
    !run.interrupted || tests.some(({ directory }) => directory !== '');
  const bad = inside.filter((result) => isTested(result) && isBad(result) && ran(result));
  const aside = requirements.filter((result) => !result.selected && isBad(result));
  const sections: readonly (readonly string[])[] = [
    table(inside.filter(isTested), style),
    untested(inside, style),
    ...bad.map((result) => detail(result, results, out, again, style)),
    aside.length === 0
      ? []
      : [colors.bold('seen broken on the way, outside the selection (does not change the exit status)')],
    ...aside.map((result) => detail(result, results, out, again, style)),
    ...renderPrograms(results, out, (title) => reproduce(title, results, again), style),
    ...findings(results, out, style),
    ...remarks(results, style),
    [
      // A run of programs alone has nothing to say about requirements.
      ...(requirements.length === 0 && programsOf(results).length > 0 ? [] : [counts(results)]),
      `results: ${join(out, 'results.json')} (${duration(run.durationMs)})`,
      lastLine(requirements, programsOf(results)),
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `\n${text.join('\n\n')}\n`;
}
