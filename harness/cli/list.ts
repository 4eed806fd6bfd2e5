import type { ConformanceTest } from '../plan/definition.js';
import type { KernelChoice } from '../plan/kernel-choice.js';
import type { Selection } from '../plan/select.js';
import { wrap, type Style } from '../../reports/style.js';

/** The tests of a selection by file, with ids, tier, side under test, mutants or program; for `run --list`; and the kernels that they would run on. */
export function renderList(
  { tests, requirements, leftOut }: Selection,
  style: Style,
  kernels: readonly Pick<KernelChoice, 'label' | 'version' | 'suite'>[] = [],
): string {
  const { colors } = style;
  const byFile = new Map<string, ConformanceTest[]>();
  for (const test of tests) byFile.set(test.file, [...(byFile.get(test.file) ?? []), test]);
  const shownIds = ({ ids, program }: ConformanceTest): string =>
    program === undefined ? ids.join(' ') : program.format.toUpperCase();
  const width = Math.max(8, ...tests.map((test) => shownIds(test).length));
  const lines: string[] = [];
  for (const [file, ofFile] of [...byFile].sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(colors.bold(file));
    for (const test of ofFile) {
      const { tier, underTest, title, mutants, program } = test;
      const indent = 2 + width + 2 + 7 + 8;
      const [first = '', ...more] = wrap(title, Math.max(40, style.width - indent));
      lines.push(`  ${shownIds(test).padEnd(width)}  ${tier.padEnd(7)}${underTest.padEnd(8)}${first}`);
      lines.push(...more.map((line) => ' '.repeat(indent) + line));
      const below =
        program === undefined ? `mutants: ${mutants.join(', ')}` : `program: ${program.command.join(' ')}`;
      const named = wrap(below, Math.max(40, style.width - indent));
      lines.push(...named.map((line) => colors.dim(' '.repeat(indent) + line)));
    }
  }
  if (lines.length > 0) lines.push('');
  if (kernels.length > 0) {
    const wide = Math.max(...kernels.map(({ version }) => version.length));
    lines.push(colors.bold(kernels.length === 1 ? 'kernel' : 'kernels'));
    for (const { label, version, suite } of kernels) {
      lines.push(`  ${version.padEnd(wide)}  ${label}${suite === null ? '' : colors.dim(`  ${suite}`)}`);
    }
    lines.push('');
  }
  const named = new Set([...tests, ...leftOut].flatMap(({ ids }) => ids));
  const without = requirements.filter(({ id }) => !named.has(id));
  const tested = requirements.length - without.length;
  const programs = tests.filter(({ program }) => program !== undefined).length;
  lines.push(
    `${tests.length - programs} tests of ${tested} requirements` +
      (programs === 0 ? '' : `, ${programs} programs`) +
      (kernels.length < 2 ? '' : `, on each of ${kernels.length} kernels`) +
      (leftOut.length === 0 ? '' : `; ${leftOut.length} more in the full tier (--tier full)`) +
      (without.length === 0 ? '' : `; ${without.length} of the selected requirements have no test yet`),
  );
  return `${lines.join('\n')}\n`;
}
