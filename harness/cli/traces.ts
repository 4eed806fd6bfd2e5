import { resolve } from 'node:path';
import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { renderTraces } from '../../reports/traces.js';
import { compareTraces, type ComparedTraces, type EndedRun } from '../results/compare-traces.js';
import { EXIT } from '../results/exit-status.js';
import { readResults } from '../results/read.js';

/** The exit status: 69 a recording has gaps, 1 traces differ, 0. */
export function tracesStatus({ tests }: Pick<ComparedTraces, 'tests'>): number {
  if (tests.some(({ verdict }) => verdict === 'incomplete')) return EXIT.infra;
  return tests.some(({ verdict }) => verdict === 'differs') ? EXIT.failed : EXIT.ok;
}

/** Defines `ulogcheck traces`: whether the logs of two runs came, were suspended, resumed and went alike. */
export function addTraces(program: Command, finish: (status: number) => void): void {
  program
    .command('traces <a> <b>')
    .description('compare the life cycles of logs in two runs, test by test (directories of results)')
    .action(async (a: string, b: string) => {
      const read = async (directory: string): Promise<EndedRun> => ({
        directory,
        results: await readResults(resolve(directory)),
      });
      const [left, right] = [await read(a), await read(b)];
      const compared = await compareTraces(left, right);
      process.stdout.write(renderTraces(compared, left, right, styleOf(process.stdout)));
      finish(tracesStatus(compared));
    });
}
