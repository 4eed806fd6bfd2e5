/** The verdicts of several runs side by side: a column for each kernel and userland, a row for each requirement. */
import { isTested } from '../harness/results/exit-status.js';
import type { RequirementResult, RunResults, Verdict } from '../harness/results/model.js';
import { combineVerdicts } from '../harness/results/verdict.js';
import { oneLine } from './printable.js';
import { paint, type Style } from './style.js';
import { userlandText } from './userland-text.js';

/** The results cannot stand in one table, or say nothing; the message tells why. */
export class CompatibilityError extends Error {
  override readonly name = 'CompatibilityError';
}

/** Results and the file that they were read from, for messages. */
export interface NamedResults {
  readonly path: string;
  readonly results: RunResults;
}

interface Column {
  readonly kernel: string;
  /** `bullseye (LVM 2.03.11)` */
  readonly userland: string;
  /** What was said about each requirement, by id, in any of the runs. */
  readonly said: ReadonlyMap<string, readonly RequirementResult[]>;
}

interface Cell {
  readonly text: string;
  /** None: no run of the column tested it. */
  readonly verdict: Verdict | undefined;
  readonly reason: string;
}

interface Row {
  readonly id: string;
  readonly level: string;
  readonly sentence: string;
  readonly cells: readonly Cell[];
}

/** What {@link compatibility} found. */
export interface Compatibility {
  readonly daemon: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

const UNTESTED = '–';

/** Begins a document that {@link renderCompatibility} made. */
export const COMPATIBILITY_HEADING = '# Compatibility';

/**
 * The table of all requirements that at least one of the runs tested, in the order of the catalogue; columns in the order
 * in which they are first met. Several runs with one kernel and userland share a column. Throws
 * {@link CompatibilityError} for no results, results of several daemons, interrupted runs, and runs that tested nothing.
 */
export function compatibility(runs: readonly NamedResults[]): Compatibility {
  for (const { path, results } of runs) checkRun(path, results);
  const all = runs.flatMap(({ results }) => results.requirements);
  const daemons = [...new Set(all.map(({ daemon }) => daemon))];
  const [daemon] = daemons;
  if (daemon === undefined) throw new CompatibilityError('no results to compare');
  if (daemons.length > 1) {
    throw new CompatibilityError(
      `these are results of several daemons (${daemons.join(', ')}): make a table of each`,
    );
  }
  const columns = columnsOf(runs);
  const rows = new Map<string, Row>();
  for (const { id, level, sentence } of all) {
    const cells = columns.map(({ said }) => cellOf(said.get(id) ?? []));
    if (cells.some(({ verdict }) => verdict !== undefined)) rows.set(id, { id, level, sentence, cells });
  }
  return { daemon, columns, rows: inCatalogueOrder(runs, rows) };
}

function checkRun(path: string, { run, requirements }: RunResults): void {
  if (run.interrupted) {
    throw new CompatibilityError(`${path}: the run was interrupted; what it says is not all. Run it again.`);
  }
  if (!requirements.some(isTested)) {
    throw new CompatibilityError(`${path}: the run tested no requirement`);
  }
}

function columnsOf(runs: readonly NamedResults[]): Column[] {
  const columns = new Map<string, Column & { readonly said: Map<string, RequirementResult[]> }>();
  for (const { results } of runs) {
    for (const result of results.requirements.filter(isTested)) {
      const { id, kernel } = result;
      const userland = userlandText({ ...result, lvm: results.run.options.lvm });
      const key = JSON.stringify([kernel, userland]);
      const said = new Map<string, RequirementResult[]>();
      const column = columns.get(key) ?? { kernel, userland, said };
      columns.set(key, column);
      column.said.set(id, [...(column.said.get(id) ?? []), result]);
    }
  }
  return [...columns.values()];
}

function cellOf(results: readonly RequirementResult[]): Cell {
  if (results.length === 0) return { text: UNTESTED, verdict: undefined, reason: '' };
  const verdict = combineVerdicts(results.map((result) => result.verdict));
  const deciding = results.filter((result) => result.verdict === verdict);
  const known = deciding.every((result) => result.known);
  return {
    text: verdict === 'not-applicable' ? 'n/a' : known ? 'known' : verdict,
    verdict,
    reason: [...new Set(deciding.map(({ reason }) => reason))].join('; '),
  };
}

/** A run with `-g` has a part of the catalogue, in its order: each id goes behind what precedes it in its run. */
function inCatalogueOrder(runs: readonly NamedResults[], rows: ReadonlyMap<string, Row>): Row[] {
  const order: string[] = [];
  for (const { results } of runs) {
    let place = 0;
    for (const { id } of results.requirements) {
      const at = order.indexOf(id);
      if (at >= 0) place = Math.max(place, at + 1);
      else order.splice(place++, 0, id);
    }
  }
  return order.flatMap((id) => rows.get(id) ?? []);
}

/** What tells the columns apart, and what all have in common. */
function headings({ columns }: Compatibility): { heads: string[]; common: string } {
  const kernels = new Set(columns.map(({ kernel }) => kernel));
  const userlands = new Set(columns.map(({ userland }) => userland));
  const [first] = columns;
  if (first === undefined) return { heads: [], common: '' };
  if (kernels.size === 1) {
    return { heads: columns.map(({ userland }) => userland), common: `kernel ${first.kernel}` };
  }
  if (userlands.size === 1) {
    return { heads: columns.map(({ kernel }) => kernel), common: `userland ${first.userland}` };
  }
  return { heads: columns.map(({ kernel, userland }) => `${kernel}, ${userland}`), common: '' };
}

/** What did not pass, with the reason; one entry for each cell. */
function remarks({ rows }: Compatibility, heads: readonly string[]): string[] {
  return rows.flatMap(({ id, cells }) =>
    cells.flatMap(({ text, verdict, reason }, index) =>
      verdict === undefined || verdict === 'pass'
        ? []
        : [`${id}, ${heads[index] ?? ''}: ${text}: ${oneLine(reason, 300)}`],
    ),
  );
}

function totals({ columns, rows }: Compatibility): string[] {
  return columns.map((_column, index) => {
    const tested = rows.filter(({ cells }) => cells[index]?.verdict !== undefined);
    return `${tested.filter(({ cells }) => cells[index]?.verdict === 'pass').length} of ${tested.length}`;
  });
}

function subtitle({ daemon }: Compatibility, common: string): string {
  return `daemon ${daemon}${common === '' ? '' : `, ${common}`}`;
}

/** The table for a terminal. */
export function renderCompatibilityTable(table: Compatibility, style: Style): string {
  const { heads, common } = headings(table);
  const width = Math.max(...table.rows.map(({ id }) => id.length), 'passed'.length);
  const widths = heads.map((head) => Math.max(head.length, 'unknown'.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells].join('  ').trimEnd();
  const sums = totals(table);
  const notes = remarks(table, heads);
  return [
    subtitle(table, common),
    style.colors.bold(
      line(
        'id',
        heads.map((head, index) => head.padEnd(widths[index] ?? 0)),
      ),
    ),
    ...table.rows.map(({ id, cells }) =>
      line(
        id,
        cells.map(({ text, verdict }, index) =>
          paint(verdict ?? 'not-applicable', text.padEnd(widths[index] ?? 0), style),
        ),
      ),
    ),
    line(
      'passed',
      sums.map((sum, index) => sum.padEnd(widths[index] ?? 0)),
    ),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n');
}

/** The table as a Markdown document. */
export function renderCompatibility(table: Compatibility): string {
  const { heads, common } = headings(table);
  const cell = (text: string): string => oneLine(text).replaceAll(/[\\|`*_<>[\]]/g, '\\$&');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const notes = remarks(table, heads);
  return [
    COMPATIBILITY_HEADING,
    '',
    `Made by \`ulogcheck compatibility\` from the results of runs: ${cell(subtitle(table, common))}. ` +
      `${UNTESTED} is not tested there, n/a not applicable, known a known defect of that kernel.`,
    '',
    line(['requirement', ...heads.map(cell)]),
    line(['---', ...heads.map(() => ':---:')]),
    ...table.rows.map(({ id, level, sentence, cells }) =>
      line([
        `${id} (${level}): ${cell(sentence)}`,
        ...cells.map(({ text, verdict }) =>
          verdict === undefined || verdict === 'pass' ? text : `**${text}**`,
        ),
      ]),
    ),
    line(['passed', ...totals(table)]),
    '',
    ...(notes.length === 0 ? [] : ['What did not pass:', '', ...notes.map((note) => `- ${cell(note)}`), '']),
  ].join('\n');
}
