/** The matrix of kernels and requirements for a terminal. */
import type { Change } from '../harness/results/changes.js';
import { isUp, rowName, type Matrix, type MatrixCell, type MatrixKernel, type MatrixRow } from './matrix.js';
import { oneLine } from './printable.js';
import { duration, labelled, paint, wrap, type Style } from './style.js';

const GAP = 2;
/** Narrowest column that holds every word of a cell but `unknown`, which a version is as wide as. */
const LEAST = 5;

/** A line of the matrix: a name, and one text for each kernel. */
interface Line {
  readonly name: string;
  readonly bold: boolean;
  readonly cells: readonly Pick<MatrixCell, 'text' | 'verdict'>[];
}

/** Passed of tested, for each kernel. */
function countsOf(rows: readonly MatrixRow[], index: number): Pick<MatrixCell, 'text' | 'verdict'> {
  const tested = rows.flatMap(({ cells }) => {
    const cell = cells[index];
    return cell?.verdict === undefined ? [] : [cell];
  });
  const passed = tested.filter(({ verdict }) => verdict === 'pass').length;
  const bad = tested.some(({ verdict, result }) => verdict !== 'pass' && result?.known === false);
  return {
    text: tested.length === 0 ? '–' : `${passed}/${tested.length}`,
    verdict: tested.length === passed ? undefined : bad && tested.some(isWrong) ? 'fail' : 'not-applicable',
  };
}

function isWrong({ verdict }: MatrixCell): boolean {
  return verdict === 'fail' || verdict === 'infra' || verdict === 'unknown';
}

/** A line of counts for each family, and below it a line for each requirement that does not pass everywhere. */
function linesOf(rows: readonly MatrixRow[], columns: readonly number[]): Line[] {
  const families = [...new Set(rows.map(({ family }) => family))];
  return families.flatMap((family) => {
    const members = rows.filter((row) => row.family === family);
    const other = members.filter(({ cells }) =>
      columns.some((column) => {
        const verdict = cells[column]?.verdict;
        return verdict !== undefined && verdict !== 'pass';
      }),
    );
    return [
      { name: family, bold: true, cells: columns.map((column) => countsOf(members, column)) },
      ...other.map((row) => ({
        name: `  ${rowName(row)}`,
        bold: false,
        cells: columns.map((column) => row.cells[column] ?? { text: '', verdict: undefined }),
      })),
    ];
  });
}

function block(
  kernels: readonly MatrixKernel[],
  lines: readonly Line[],
  from: number,
  style: Style,
  nameWidth: number,
): string[] {
  const widths = kernels.map(({ name }, index) =>
    Math.max(LEAST, name.length, ...lines.map(({ cells }) => cells[from + index]?.text.length ?? 0)),
  );
  const joined = (texts: readonly string[]): string => texts.join(' '.repeat(GAP)).trimEnd();
  const head = joined([
    ''.padEnd(nameWidth),
    ...kernels.map(({ name }, index) => name.padEnd(widths[index] ?? 0)),
  ]);
  return [
    style.colors.bold(head),
    ...lines.map(({ name, bold, cells }) =>
      joined([
        bold ? style.colors.bold(name.padEnd(nameWidth)) : name.padEnd(nameWidth),
        ...kernels.map((_kernel, index) => {
          const { text = '', verdict } = cells[from + index] ?? {};
          const padded = text.padEnd(widths[index] ?? 0);
          return verdict === undefined ? padded : paint(verdict, padded, style);
        }),
      ]),
    ),
  ];
}

/**
 * The tested kernels as columns, in blocks that fit; for each family how many requirements passed of those tested, and
 * each requirement that does not pass on all of them.
 */
export function renderMatrix({ kernels, rows }: Matrix, style: Style): string[][] {
  const columns = kernels.flatMap((kernel, index) => (isUp(kernel) ? [index] : []));
  const tested = rows.filter(
    ({ cells, selected }) => selected && columns.some((column) => cells[column]?.verdict !== undefined),
  );
  if (tested.length === 0 || columns.length === 0) return [];
  const lines = linesOf(tested, columns);
  const nameWidth = Math.max(...lines.map(({ name }) => name.length));
  const shown = columns.flatMap((column) => kernels[column] ?? []);
  const width = Math.max(LEAST, 'unknown'.length, ...shown.map(({ name }) => name.length)) + GAP;
  const fitting = Math.max(1, Math.floor((style.width - nameWidth) / width));
  // Blocks of about the same width are easier to read than a full one and a rest.
  const perBlock = Math.ceil(shown.length / Math.ceil(shown.length / fitting));
  const blocks: string[][] = [];
  for (let from = 0; from < shown.length; from += perBlock)
    blocks.push(block(shown.slice(from, from + perBlock), lines, from, style, nameWidth));
  return blocks;
}

/** What behaves differently between the kernels, a paragraph for each. */
export function renderChanges(changes: readonly Change[], style: Style): string[] {
  if (changes.length === 0) return [];
  return [
    style.colors.bold('changed between kernels'),
    ...changes.flatMap(({ text }) => {
      const [first = '', ...more] = wrap(oneLine(text), style.width - 4);
      return [`  ${first}`, ...more.map((line) => `    ${line}`)];
    }),
  ];
}

/** The kernels that could not be tested, with the reason. */
export function renderUntestedKernels({ kernels }: Matrix, style: Style): string[] {
  const others = kernels.filter((kernel) => !isUp(kernel));
  if (others.length === 0) return [];
  const width = Math.max(...others.map(({ name }) => name.length)) + GAP;
  return [
    style.colors.bold('kernels that were not tested'),
    ...others.flatMap(({ name, run: { state, reason } }) => {
      const [first = '', ...more] = labelled(name, `${state}: ${oneLine(reason, 500)}`, width, style);
      return [paint(state === 'tested' ? 'pass' : state, first, style), ...more];
    }),
  ];
}

/** A line for each kernel: which it is, and how long it took; and whose packages are as nobody signed them. */
export function renderKernels({ kernels }: Matrix, { colors }: Style): string[] {
  const heads = ['kernel', 'release', 'suite', 'prepared', 'tests'];
  const cells = kernels.map(({ name, run }) => [
    name,
    run.release,
    run.suite ?? '',
    duration(run.preparedMs),
    run.state === 'tested' ? duration(run.testedMs) : run.state,
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((texts) => (texts[column] ?? '').length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const remarks = kernels.flatMap(({ name, run: { unvouched } }) =>
    unvouched === undefined ? [] : [`${name}: no signed list vouches for ${unvouched.join(', ')}`],
  );
  return [colors.bold(line(heads)), ...cells.map(line), ...remarks];
}
