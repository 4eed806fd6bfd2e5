/** The verdicts of several runs side by side: a column for each kernel and userland, a row for each requirement. */
import { changesOf, withoutNumbers } from '../harness/results/changes.js';
import { isTested } from '../harness/results/exit-status.js';
import { kernelNames, oldestFirst } from '../harness/results/kernel-order.js';
import type { KernelRun, RequirementResult, RunResults, Verdict } from '../harness/results/model.js';
import { combineVerdicts } from '../harness/results/verdict.js';
import { UNTESTED, verdictWord, weightWord } from './matrix.js';
import { oneLine } from './printable.js';
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

/** What was said of one kernel in one userland. */
interface Column {
  readonly kernel: KernelRun;
  /** `bullseye (LVM 2.03.11)` */
  readonly userland: string;
  /** What was said about each requirement, by id, in any of the runs. */
  readonly said: ReadonlyMap<string, readonly RequirementResult[]>;
}

/** A requirement in a column. */
export interface CompatibilityCell {
  readonly text: string;
  /** None: no run of the column tested it. */
  readonly verdict: Verdict | undefined;
  readonly reason: string;
  readonly result: RequirementResult | undefined;
}

/** A requirement in a table. */
export interface CompatibilityRow {
  readonly id: string;
  readonly level: string;
  readonly sentence: string;
  readonly cells: readonly CompatibilityCell[];
}

/** One table: columns that differ in their kernel, in their userland, or in both. */
export interface CompatibilityTable {
  readonly by: 'kernel' | 'userland' | 'both';
  /** What tells the columns apart. */
  readonly heads: readonly string[];
  /** What they have in common: `userland trixie (LVM 2.03.31)`; empty for nothing. */
  readonly common: string;
  /** One for each column. */
  readonly kernels: readonly KernelRun[];
  readonly rows: readonly CompatibilityRow[];
  /** `12 of 12` passed, for each column. */
  readonly totals: readonly string[];
  /** What did not pass and why, once for all columns of which it is said. */
  readonly remarks: readonly string[];
  /** What behaves differently between kernels. */
  readonly changes: readonly string[];
}

/** What {@link compatibility} found. */
export interface Compatibility {
  readonly daemon: string;
  readonly tables: readonly CompatibilityTable[];
  /** Kernels of the runs that could not be tested, and why. */
  readonly untested: readonly string[];
}

/**
 * The verdicts on all requirements that at least one of the runs tested, in the order of the catalogue: one table, or,
 * where the runs differ in kernels and in userlands, a table of the kernels (in the userland that has most of them), one
 * of the userlands (on the kernel that has most of them), and one of what is in neither. Kernels are ordered by
 * version, userlands as they are first met. Several runs with one kernel and userland share a column. Throws
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
  const ids = inCatalogueOrder(runs, all);
  const [first, ...others] = groupsOf(columns);
  const tables = first === undefined ? [] : [tableOf(first, ids, columns, new Set())];
  for (const group of others) tables.push(tableOf(group, ids, columns, new Set(first)));
  return { daemon, tables, untested: untestedKernels(runs) };
}

function checkRun(path: string, { run, requirements, kernels }: RunResults): void {
  if (run.interrupted) {
    throw new CompatibilityError(`${path}: the run was interrupted; what it says is not all. Run it again.`);
  }
  const up = new Set(kernels.filter(({ state }) => state === 'tested').map(({ label }) => label));
  if (!requirements.some((result) => isTested(result) && up.has(result.kernel))) {
    throw new CompatibilityError(`${path}: the run tested no requirement`);
  }
}

function columnsOf(runs: readonly NamedResults[]): Column[] {
  const columns = new Map<string, Column & { readonly said: Map<string, RequirementResult[]> }>();
  for (const { results } of runs) {
    for (const result of results.requirements.filter(isTested)) {
      const { id } = result;
      const kernel = results.kernels.find(({ label }) => label === result.kernel);
      if (kernel?.state !== 'tested') continue;
      const userland = userlandText({ ...result, lvm: results.run.options.lvm });
      const key = JSON.stringify([kernel.label, userland]);
      const said = new Map<string, RequirementResult[]>();
      const column = columns.get(key) ?? { kernel, userland, said };
      columns.set(key, column);
      column.said.set(id, [...(column.said.get(id) ?? []), result]);
    }
  }
  return [...columns.values()];
}

/** The kernels that no run could test. */
function untestedKernels(runs: readonly NamedResults[]): string[] {
  const kernels = runs.flatMap(({ results }) => results.kernels);
  const tested = new Set(kernels.filter(({ state }) => state === 'tested').map(({ label }) => label));
  const others = new Map(
    kernels.filter(({ label }) => !tested.has(label)).map((kernel) => [kernel.label, kernel]),
  );
  return oldestFirst([...others.values()]).map(
    ({ label, version, state, reason }) => `${version} (${label}): ${state}: ${oneLine(reason, 300)}`,
  );
}

/** The value that most of the columns have, and those columns; the first one of several. */
function largest(columns: readonly Column[], valueOf: (column: Column) => string): Column[] {
  const groups = [...new Set(columns.map(valueOf))].map((value) =>
    columns.filter((column) => valueOf(column) === value),
  );
  return groups.reduce<Column[]>((best, group) => (group.length > best.length ? group : best), []);
}

const labelOf = ({ kernel }: Column): string => kernel.label;
const userlandOf = ({ userland }: Column): string => userland;

/** The columns of each table; one column may be in two. */
function groupsOf(columns: readonly Column[]): Column[][] {
  const kernels = new Set(columns.map(labelOf));
  const userlands = new Set(columns.map(userlandOf));
  if (kernels.size === 1 || userlands.size === 1) return [sorted(columns)];
  const ofKernels = largest(columns, userlandOf);
  const ofUserlands = largest(columns, labelOf);
  const rest = columns.filter((column) => !ofKernels.includes(column) && !ofUserlands.includes(column));
  return [ofKernels, ofUserlands, rest]
    .filter((group) => group.length > 1 || group === rest)
    .flatMap((group) => (group.length === 0 ? [] : [sorted(group)]));
}

/** Oldest kernel first; userlands of one kernel stay as they are. */
function sorted(columns: readonly Column[]): Column[] {
  const order = oldestFirst([...new Map(columns.map(({ kernel }) => [kernel.label, kernel])).values()]);
  const place = ({ kernel }: Column): number => order.findIndex(({ label }) => label === kernel.label);
  return columns.toSorted((a, b) => place(a) - place(b));
}

function cellOf(results: readonly RequirementResult[]): CompatibilityCell {
  const verdict = combineVerdicts(results.map((result) => result.verdict));
  const deciding = results.filter((result) => result.verdict === verdict);
  // One that is not known outweighs those that are.
  const first = deciding.find(({ known }) => !known) ?? deciding[0];
  if (first === undefined) return { text: UNTESTED, verdict: undefined, reason: '', result: undefined };
  return {
    text: verdictWord(first),
    verdict,
    reason: [...new Set(deciding.map(({ reason }) => reason))].join('; '),
    result: first,
  };
}

/** A table of some columns; `before` are those of the first table, whose rows it need not show again. */
function tableOf(
  columns: readonly Column[],
  ids: readonly string[],
  all: readonly Column[],
  before: ReadonlySet<Column>,
): CompatibilityTable {
  const own = columns.filter((column) => !before.has(column));
  const rows = ids.flatMap((id): CompatibilityRow[] => {
    const cells = columns.map(({ said }) => cellOf(said.get(id) ?? []));
    const about = all.flatMap(({ said }) => said.get(id) ?? [])[0];
    if (about === undefined || !own.some(({ said }) => said.has(id))) return [];
    return [{ id, level: weightWord(about), sentence: about.sentence, cells }];
  });
  const kernels = columns.map(({ kernel }) => kernel);
  const { by, heads, common } = headings(columns);
  return {
    ...{ by, heads, common, kernels, rows },
    totals: columns.map((_column, index) => {
      const tested = rows.filter(({ cells }) => cells[index]?.verdict !== undefined);
      return `${tested.filter(({ cells }) => cells[index]?.verdict === 'pass').length} of ${tested.length}`;
    }),
    remarks: remarks(rows, heads),
    changes:
      by !== 'kernel'
        ? []
        : changesOf({
            kernels,
            requirements: rows.flatMap(({ cells }) => cells.flatMap(({ result }) => result ?? [])),
          }).map(({ text }) => text),
  };
}

/** A run with `-g` has a part of the catalogue, in its order: each id goes behind what precedes it in its run. */
function inCatalogueOrder(runs: readonly NamedResults[], all: readonly RequirementResult[]): string[] {
  const order: string[] = [];
  for (const { results } of runs) {
    let place = 0;
    for (const id of new Set(results.requirements.map((result) => result.id))) {
      const at = order.indexOf(id);
      if (at >= 0) place = Math.max(place, at + 1);
      else order.splice(place++, 0, id);
    }
  }
  const tested = new Set(all.filter(isTested).map(({ id }) => id));
  return order.filter((id) => tested.has(id));
}

/** What tells the columns apart, and what all have in common. */
function headings(columns: readonly Column[]): Pick<CompatibilityTable, 'by' | 'heads' | 'common'> {
  const kernels = [...new Map(columns.map(({ kernel }) => [kernel.label, kernel])).values()];
  const names = kernelNames(kernels);
  const nameOf = ({ kernel }: Column): string => names.get(kernel.label) ?? kernel.label;
  const userlands = new Set(columns.map(userlandOf));
  const [first] = columns;
  if (kernels.length === 1)
    return { by: 'userland', heads: columns.map(userlandOf), common: `kernel ${first?.kernel.label ?? ''}` };
  if (userlands.size === 1)
    return { by: 'kernel', heads: columns.map(nameOf), common: `userland ${first?.userland ?? ''}` };
  return {
    by: 'both',
    heads: columns.map((column) => `${nameOf(column)}, ${column.userland}`),
    common: '',
  };
}

/** The reason in a line; behind what is known, where that is the cause. */
function reasonLine({ reason, result }: CompatibilityCell): string {
  const finding = result?.known === true ? result.knownDefect?.finding : undefined;
  return `${finding === undefined ? '' : `${oneLine(finding)} `}${oneLine(reason, 300)}`;
}

/** What did not pass, with the reason, once for the columns that say the same but for numbers. */
function remarks(rows: readonly CompatibilityRow[], heads: readonly string[]): string[] {
  return rows.flatMap(({ id, cells }) => {
    const groups = new Map<string, { readonly cell: CompatibilityCell; readonly heads: string[] }>();
    for (const [index, cell] of cells.entries()) {
      if (cell.verdict === undefined || cell.verdict === 'pass') continue;
      const key = `${cell.text} ${withoutNumbers(cell.reason)}`;
      const group = groups.get(key) ?? { cell, heads: [] };
      groups.set(key, group);
      group.heads.push(heads[index] ?? '');
    }
    return [...groups.values()].map(
      ({ cell, heads: where }) => `${id}, ${where.join(', ')}: ${cell.text}: ${reasonLine(cell)}`,
    );
  });
}
