/** What is not as a baseline says. */
import type { BaselineComparison, BaselineDifference } from '../harness/results/baseline.js';
import { withoutNumbers } from '../harness/results/changes.js';
import { weightWord } from './matrix.js';
import { oneLine } from './printable.js';
import { labelled, type Style } from './style.js';

/** Differences that say the same of several kernels. */
export interface FoldedDifference extends Omit<BaselineDifference, 'kernel'> {
  /** Names of kernels, as the run has them in order. */
  readonly kernels: readonly string[];
}

/** The differences, those of several kernels that say the same as one; in the order in which they are first met. */
export function foldDifferences(differences: readonly BaselineDifference[]): FoldedDifference[] {
  const folded = new Map<string, FoldedDifference & { readonly kernels: string[] }>();
  for (const { kernel, ...difference } of differences) {
    const { id, expected, seen, reason } = difference;
    const key = JSON.stringify([id, expected, seen, withoutNumbers(reason)]);
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { ...difference, kernels: [kernel] });
    else known.kernels.push(kernel);
  }
  return [...folded.values()];
}

const LABEL = 10;
const NOTHING = '(nothing)';

function counted(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/**
 * The differences between a run and the baseline in `file`, as a diff: `-` is expected, `+` was seen. Says so when there
 * are none.
 */
export function renderBaselineDiff(
  { differences, compared, absent, tier }: BaselineComparison,
  file: string,
  style: Style,
): string {
  const { colors } = style;
  const rest =
    absent.length === 0
      ? []
      : labelled('not run', absent.join(', '), LABEL, style).map((line) => colors.dim(line));
  if (differences.length === 0) {
    const same = `as expected: ${counted(compared, 'expectation')} of ${file} (${tier} tier)`;
    return `${[colors.green(same), ...rest].join('\n')}\n`;
  }
  const lines = foldDifferences(differences).flatMap(({ id, kernels, expected, seen, reason, result }) => [
    colors.bold(
      id === undefined ? 'kernel' : `${id}${result === undefined ? '' : ` (${weightWord(result)})`}`,
    ) + ` on ${kernels.join(', ')}`,
    colors.red(`  - ${expected ?? NOTHING}`),
    colors.green(`  + ${seen ?? NOTHING}`),
    ...(reason === '' ? [] : labelled('', oneLine(reason, 300), 4, style)),
  ]);
  const head = colors.bold(
    `not as expected: ${counted(differences.length, 'difference')} from ${file} (${tier} tier)`,
  );
  return `${[head, ...lines, ...rest].join('\n')}\n`;
}

/** What keeps results from becoming a baseline. */
export function renderUnrecordable(differences: readonly BaselineDifference[], file: string): string {
  const lines = foldDifferences(differences).map(
    ({ id, kernels, seen, reason }) =>
      `  ${id ?? 'kernel'} is ${seen ?? NOTHING} on ${kernels.join(', ')}: ${oneLine(reason, 300)}`,
  );
  return `${file} is not written, because nobody can expect infra or unknown:\n${lines.join('\n')}\n`;
}
