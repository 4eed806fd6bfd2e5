import type { ComparedTest, ComparedTraces, EndedRun } from '../harness/results/compare-traces.js';
import type { Style } from './style.js';
import { unifiedDiff } from './unified-diff.js';

/** The comparison of two runs for the terminal: a line for each test, and below it how its traces differ. */
export function renderTraces(
  { tests, onlyIn }: ComparedTraces,
  a: EndedRun,
  b: EndedRun,
  style: Style,
): string {
  const lines = [describe('A', a), describe('B', b), '', ...tests.flatMap((test) => testLines(test, style))];
  for (const [index, name] of (['A', 'B'] as const).entries()) {
    for (const title of onlyIn[index] ?? []) lines.push(style.colors.dim(`only in ${name}  ${title}`));
  }
  const count = (wanted: ComparedTest['verdict']): number =>
    tests.filter(({ verdict }) => verdict === wanted).length;
  lines.push(
    '',
    `compared: ${count('equal')} equal, ${count('differs')} different, ${count('incomplete')} with gaps in a recording; ` +
      `in one run only: ${onlyIn[0].length + onlyIn[1].length}`,
  );
  return `${lines.join('\n')}\n`;
}

function describe(name: string, { directory, results: { run, kernels } }: EndedRun): string {
  const { daemon, userland, lvm = 'stock' } = run.options;
  const kernel = kernels.map(({ label }) => label).join(', ');
  return `${name}  ${directory}: kernel ${kernel}, daemon ${daemon}, userland ${userland}, LVM ${lvm}`;
}

function testLines({ title, verdict, traces: [a, b], paths }: ComparedTest, { colors }: Style): string[] {
  switch (verdict) {
    case 'equal':
      return [`${colors.green('equal    ')}  ${title} (${a.length} requests)`];
    case 'incomplete':
      return [`${colors.red('gaps     ')}  ${title}: a recording is not complete: ${paths.join(', ')}`];
    case 'differs':
      return [
        `${colors.red('different')}  ${title}`,
        ...[`--- ${paths[0]}`, `+++ ${paths[1]}`, ...unifiedDiff(a, b)].map((line) => `  ${line}`),
      ];
  }
}
