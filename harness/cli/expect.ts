import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { EXIT } from '../results/exit-status.js';
import type { RunResults } from '../results/model.js';
import { Expectation } from './expectation.js';
import { readResultsAt } from './results-argument.js';

/** Which exit status is told when results differ in it: the first of these. */
const ORDER = [EXIT.interrupted, EXIT.usage, EXIT.infra, EXIT.failed, EXIT.unknown];

/** Defines `ulogcheck expect`: results of earlier runs against a baseline, or recorded in one. */
export function addExpect(program: Command, finish: (status: number) => void): void {
  program
    .command('expect')
    .argument('<baseline>', 'file of a baseline')
    .argument('<results...>', 'results directories, or files results.json')
    .description('compare results with a baseline; exit 1 for any difference')
    .option('--write', 'record the results in the baseline instead', false)
    .action(async (file: string, paths: readonly string[], { write }: { readonly write: boolean }) => {
      const all: RunResults[] = [];
      for (const path of paths) all.push((await readResultsAt(path)).results);
      const statuses: number[] = [];
      for (const results of all) {
        // Read again for each: the one before may have written it.
        const expectation = new Expectation(write ? { writeExpect: file } : { expect: file });
        const { status, text } = await expectation.conclude(results, styleOf(process.stdout));
        process.stdout.write(text);
        statuses.push(status);
      }
      finish(ORDER.find((status) => statuses.includes(status)) ?? EXIT.ok);
    });
}
