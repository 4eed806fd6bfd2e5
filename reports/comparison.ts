/** What differs between two runs, for a terminal. */
import type { Comparison, Said, Times, VerdictDifference } from '../harness/results/compare-results.js';
import { withoutNumbers } from '../harness/results/changes.js';
import { oneLine } from './printable.js';
import { duration, labelled, type Style } from './style.js';

/** As many tests with another pace are shown. */
const PACES = 20;
const LABEL = 10;

function toldOf(said: Said | undefined): string {
  if (said === undefined) return 'not tested';
  const reason = said.verdict === 'pass' || said.reason === '' ? '' : `: ${oneLine(said.reason, 300)}`;
  return `${said.verdict}${reason}`;
}

/** Differences that say the same of several kernels as one, with the names of all. */
function folded(
  differences: readonly VerdictDifference[],
): (VerdictDifference & { readonly kernels: string[] })[] {
  const groups = new Map<string, VerdictDifference & { readonly kernels: string[] }>();
  for (const difference of differences) {
    const { id, a, b, kernel } = difference;
    const key = JSON.stringify([id, withoutNumbers(toldOf(a)), withoutNumbers(toldOf(b))]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ...difference, kernels: [kernel] });
    else known.kernels.push(kernel);
  }
  return [...groups.values()];
}

function verdictLines(differences: readonly VerdictDifference[], style: Style): string[] {
  const { colors } = style;
  return folded(differences).flatMap(({ id, kernels, a, b }) => [
    `${colors.bold(oneLine(id))} on ${kernels.join(', ')}`,
    ...labelled('-', toldOf(a), 2, style).map((line) => colors.red(line)),
    ...labelled('+', toldOf(b), 2, style).map((line) => colors.green(line)),
  ]);
}

function pace({ a, b }: Times): string {
  const factor = a === 0 ? '' : ` (${b >= a ? '+' : '-'}${Math.round((Math.abs(b - a) / a) * 100)} %)`;
  return `${duration(a)} -> ${duration(b)}${factor}`;
}

function testLines({ tests }: Comparison, style: Style): string[] {
  const groups = new Map<string, string[]>();
  for (const { only, title, kernel } of tests) {
    const key = `${only === 'a' ? '-' : '+'} ${oneLine(title)}`;
    groups.set(key, [...(groups.get(key) ?? []), kernel]);
  }
  return [...groups].map(([key, kernels]) => {
    const line = `  ${key} (${kernels.join(', ')})`;
    return key.startsWith('-') ? style.colors.red(line) : style.colors.green(line);
  });
}

function section(title: string, lines: readonly string[], { colors }: Style): string[][] {
  return lines.length === 0 ? [] : [[colors.bold(title), ...lines]];
}

/** What differs between the runs `a` and `b`: kernels, verdicts, tests, and the times of both. */
export function renderComparison(
  comparison: Comparison,
  paths: readonly [string, string],
  style: Style,
): string {
  const { onlyA, onlyB, options, times, paces, verdicts, states, compared, kernels, same } = comparison;
  const width = Math.max(0, ...times.map(({ kernel }) => kernel.length));
  const sections = [
    [`- ${paths[0]}`, `+ ${paths[1]}`],
    ...section(
      'made under different circumstances',
      options.flatMap(({ name, a, b }) =>
        labelled(name, `${a === '' ? '(none)' : a} -> ${b === '' ? '(none)' : b}`, LABEL, style),
      ),
      style,
    ),
    ...section(
      'kernels of one run only',
      [
        ...onlyA.map((name) => style.colors.red(`  - ${name}`)),
        ...onlyB.map((name) => style.colors.green(`  + ${name}`)),
      ],
      style,
    ),
    ...section('verdicts', verdictLines([...states, ...verdicts], style), style),
    ...section('tests of one run only', testLines(comparison, style), style),
    ...section(
      'times',
      times.map((time) => `  ${time.kernel.padEnd(width)}  ${time.name.padEnd(8)}  ${pace(time)}`),
      style,
    ),
    ...section(
      'tests that took much more or less time',
      [
        ...paces
          .slice(0, PACES)
          .map((time) => `  ${pace(time).padEnd(28)}  ${oneLine(time.name, 90)} (${time.kernel})`),
        ...(paces.length > PACES ? [`  … and ${paces.length - PACES} more`] : []),
      ],
      style,
    ),
    [
      same
        ? style.colors.green(`the same: ${compared} verdicts on ${kernels.length} kernels`)
        : style.colors.bold(
            `different: ${verdicts.length + states.length} of ${compared} verdicts on ${kernels.length} kernels`,
          ),
    ],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
