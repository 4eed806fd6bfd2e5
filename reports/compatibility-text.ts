/** Tables of compatibility for a terminal, and as a Markdown document. */
import type { Compatibility, CompatibilityTable } from './compatibility.js';
import { UNTESTED } from './matrix.js';
import { oneLine } from './printable.js';
import { paint, type Style } from './style.js';

/** Begins a document that {@link renderCompatibility} made. */
export const COMPATIBILITY_HEADING = '# Compatibility';

function subtitle(daemon: string, common: string): string {
  return `daemon ${daemon}${common === '' ? '' : `, ${common}`}`;
}

function tableLines({ heads, rows, totals, remarks, changes }: CompatibilityTable, style: Style): string[] {
  const width = Math.max(...rows.map(({ id }) => id.length), 'passed'.length);
  const widths = heads.map((head) => Math.max(head.length, 'unknown'.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells].join('  ').trimEnd();
  const padded = (texts: readonly string[]): string[] =>
    texts.map((text, index) => text.padEnd(widths[index] ?? 0));
  return [
    style.colors.bold(line('id', padded(heads))),
    ...rows.map(({ id, cells }) =>
      line(
        id,
        cells.map(({ text, verdict }, index) =>
          paint(verdict ?? 'not-applicable', text.padEnd(widths[index] ?? 0), style),
        ),
      ),
    ),
    line('passed', padded(totals)),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
    ...(changes.length === 0
      ? []
      : ['', style.colors.bold('changed between kernels'), ...changes.map((text) => oneLine(text))]),
  ];
}

/** The tables for a terminal. */
export function renderCompatibilityTable({ daemon, tables, untested }: Compatibility, style: Style): string {
  return [
    ...tables.flatMap((table, index) => [
      ...(index === 0 ? [] : ['']),
      subtitle(daemon, table.common),
      ...tableLines(table, style),
    ]),
    ...(untested.length === 0 ? [] : ['', style.colors.bold('kernels that were not tested'), ...untested]),
    '',
  ].join('\n');
}

const cell = (text: string): string => oneLine(text).replaceAll(/[\\|`*_<>[\]]/g, '\\$&');
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, '', ...items.map((item) => `- ${cell(item)}`), ''];
}

/** Which kernels the columns are. */
function kernelLines({ by, kernels, heads }: CompatibilityTable): string[] {
  if (by !== 'kernel') return [];
  return [
    line(['kernel', 'release', 'package', 'suite']),
    line(['---', '---', '---', '---']),
    ...kernels.map(({ release, packageVersion, suite }, index) =>
      line([heads[index] ?? '', release, packageVersion ?? UNTESTED, suite ?? UNTESTED].map(cell)),
    ),
    '',
  ];
}

function markdown(table: CompatibilityTable): string[] {
  const { heads, rows, totals, remarks, changes } = table;
  return [
    ...kernelLines(table),
    ...list('Changed between kernels:', changes),
    line(['requirement', ...heads.map(cell)]),
    line(['---', ...heads.map(() => ':---:')]),
    ...rows.map(({ id, level, sentence, cells }) =>
      line([
        `${id} (${level}): ${cell(sentence)}`,
        ...cells.map(({ text, verdict }) =>
          verdict === undefined || verdict === 'pass' ? text : `**${text}**`,
        ),
      ]),
    ),
    line(['passed', ...totals]),
    '',
    ...list('What did not pass:', remarks),
  ];
}

const TITLES: Readonly<Record<CompatibilityTable['by'], string>> = {
  kernel: 'Kernels',
  userland: 'Userlands and their LVM',
  both: 'Kernels and userlands',
};

/** The tables as a Markdown document: one for each of `Kernels` and `Userlands`, where there are both. */
export function renderCompatibility({ daemon, tables, untested }: Compatibility): string {
  const [only, ...others] = tables;
  const common = others.length === 0 ? (only?.common ?? '') : '';
  return [
    COMPATIBILITY_HEADING,
    '',
    `Made by \`ulogcheck compatibility\` from the results of runs: ${cell(subtitle(daemon, common))}. ` +
      `${UNTESTED} is not tested there, n/a not applicable, known a known defect of that kernel` +
      `${tables.some(({ by }) => by !== 'userland') ? ', changed a quirk that is not as recorded' : ''}.`,
    '',
    ...tables.flatMap((table) => [
      ...(others.length === 0
        ? []
        : [
            `## ${TITLES[table.by]}`,
            '',
            ...(table.common === '' ? [] : [`${cell(capitalised(table.common))}.`, '']),
          ]),
      ...markdown(table),
    ]),
    ...list('Kernels that were not tested:', untested),
  ].join('\n');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
