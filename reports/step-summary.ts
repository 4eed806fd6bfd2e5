/** The summary of a run for the page of a step of GitHub Actions. */
import type { BaselineComparison } from '../harness/results/baseline.js';
import { changesOf } from '../harness/results/changes.js';
import { isTested } from '../harness/results/exit-status.js';
import { kernelNames } from '../harness/results/kernel-order.js';
import type { RunResults } from '../harness/results/model.js';
import { isBad, programsOf } from '../harness/results/programs.js';
import { foldDifferences } from './baseline-diff.js';
import { defectsGone, goneText, isTrouble, reasonOf, type View } from './explanation.js';
import { foldResults } from './fold.js';
import { differenceText, ofRun, REASON, textOf, upRequirements } from './github.js';
import { headline } from './headline.js';
import { isUp, matrixOf, rowName, weightWord } from './matrix.js';
import { oneLine } from './printable.js';
import { userlandText } from './userland-text.js';

/** Free text in a cell of a Markdown table. */
function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\|`*_[\]#~@]/g, '\\$&');
}

/** A block of preformatted text, whatever back-ticks are in it. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

/** GitHub refuses a summary of more than 1 MiB; so much of it is for the details, characters of up to 4 bytes. */
const DETAILS = 200_000;
const ROWS = 200;

/** A section of the summary: a table of the kernels, and of what does not pass on all of them. */
function matrixLines(results: RunResults): string[] {
  const { kernels, rows } = matrixOf(results);
  const up = kernels.filter(isUp);
  const columns = kernels.flatMap((kernel, index) => (isUp(kernel) ? [index] : []));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const tested = rows.filter(
    ({ cells, selected }) => selected && columns.some((column) => cells[column]?.verdict !== undefined),
  );
  const other = tested.filter(({ cells }) =>
    columns.some((column) => (cells[column]?.verdict ?? 'pass') !== 'pass'),
  );
  const passed = columns.map((column) => {
    const seen = tested.flatMap(({ cells }) => cells[column]?.verdict ?? []);
    return `${seen.filter((verdict) => verdict === 'pass').length}/${seen.length}`;
  });
  const lines =
    up.length === 0
      ? []
      : [
          '',
          line(['requirement', ...up.map(({ name }) => cell(name))]),
          line(['---', ...up.map(() => ':---:')]),
          ...other.slice(0, ROWS).map((row) =>
            line([
              cell(rowName(row)),
              ...columns.map((column) => {
                const { text = '', verdict } = row.cells[column] ?? {};
                return verdict === 'pass' || verdict === undefined ? text : `**${text}**`;
              }),
            ]),
          ),
          line(['passed', ...passed]),
        ];
  if (other.length > ROWS) lines.push('', `… and ${other.length - ROWS} more in results.json`);
  const down = kernels.filter((kernel) => !isUp(kernel));
  if (down.length > 0) lines.push('', 'Kernels that were not tested:', '');
  for (const { name, run } of down)
    lines.push(`- ${cell(name)}: ${run.state}: ${cell(oneLine(run.reason, REASON))}`);
  const changes = changesOf(results);
  if (changes.length > 0) lines.push('', 'Changed between kernels:', '');
  for (const { text } of changes) lines.push(`- ${cell(oneLine(text))}`);
  return lines;
}

/** What is not as a baseline says. */
function baselineLines({ differences, compared }: BaselineComparison): string[] {
  if (differences.length === 0) return ['', `As expected by the baseline: ${compared} expectations.`];
  return [
    '',
    `**Not as expected by the baseline: ${differences.length} of ${compared}**`,
    '',
    ...foldDifferences(differences)
      .slice(0, ROWS)
      .map((difference) => `- ${cell(differenceText(difference))}`),
  ];
}

/**
 * The summary of a run for the page of the step, in Markdown: counts, a table of what did not pass, with several kernels
 * as a matrix, and below it the details of each. Cut when long; results.json has everything.
 */
export function renderStepSummary(results: RunResults, view: View, comparison?: BaselineComparison): string {
  const { requirements, run, summary, kernels } = results;
  const several = kernels.length > 1;
  const userland = userlandText({ ...run.options, lvmVersion: requirements[0]?.lvmVersion });
  const lines = [
    `### ulogcheck: ${cell(headline(results))}, ${cell(userland)}`,
    '',
    '| pass | fail | unknown | infra | not applicable | without a test |',
    '|---:|---:|---:|---:|---:|---:|',
  ];
  const untested = requirements.filter(
    (result) => result.selected && !isTested(result) && result.verdict === 'unknown',
  );
  const { pass, fail, unknown, infra, notApplicable } = summary;
  lines.push(
    `| ${pass} | ${fail} | ${unknown - untested.length} | ${infra} | ${notApplicable} | ${untested.length} |`,
    '',
  );
  for (const { text, title } of ofRun(results))
    if (!several || !title.startsWith('kernel ')) lines.push(`- ${cell(text)}`);
  if (comparison !== undefined) lines.push(...baselineLines(comparison));
  if (several) lines.push(...matrixLines(results));
  const told = foldResults(
    upRequirements(results).filter((result) => isTrouble(result) && isTested(result)),
    results,
  );
  if (told.length > 0)
    lines.push(
      '',
      `| id | verdict | level | ${several ? 'kernels' : 'subject'} | reason |`,
      '|---|---|---|---|---|',
    );
  for (const { first: result, kernels: names } of told.slice(0, ROWS)) {
    const verdict = `${result.known ? 'known defect' : result.verdict}${result.selected ? '' : ' (outside the selection)'}`;
    const reason = cell(oneLine(reasonOf(result), REASON));
    const subject = several ? names.join(', ') : result.subjectName;
    lines.push(`| ${result.id} | ${verdict} | ${weightWord(result)} | ${cell(subject)} | ${reason} |`);
  }
  for (const program of programsOf(results).filter(({ verdict }) => isBad(verdict))) {
    const where = several ? ` on ${cell(kernelNames(kernels).get(program.kernel) ?? '')}` : '';
    lines.push('', `program ${cell(program.test)}${where}: ${program.verdict}`);
  }
  if (told.length > ROWS) lines.push('', `… and ${told.length - ROWS} more in results.json`);
  for (const { first, kernels: names } of foldResults(defectsGone(results), results)) {
    const where = several ? ` (${names.join(', ')})` : '';
    lines.push('', `${first.id}: ${cell(goneText(first))}${cell(where)}`);
  }
  let room = DETAILS;
  for (const { first: result, kernels: names } of told) {
    const text = textOf(result, results, view);
    room -= text.length;
    if (room < 0) break;
    const where = several ? ` on ${cell(names.join(', '))}` : '';
    lines.push('', `<details><summary>${result.id}${where}</summary>`, '', fenced(text), '', '</details>');
  }
  return `${lines.join('\n')}\n\n`;
}
