import { Option, type Command } from 'commander';
import { renderComparison } from '../../reports/comparison.js';
import { styleOf } from '../../reports/style.js';
import { compareResults } from '../results/compare-results.js';
import { EXIT } from '../results/exit-status.js';
import { UsageError } from './errors.js';
import { oneOf } from './options.js';
import { readResultsAt, type LocatedResults } from './results-argument.js';

const FORMATS = ['terminal', 'json'] as const;

/** What was not run to its end says less than it seems to. Throws {@link UsageError}. */
function checkComplete({ results, path }: LocatedResults): void {
  if (results.run.interrupted)
    throw new UsageError(`${path}: the run was interrupted; what it says is not all. Run it again.`);
}

/** Defines `ulogcheck compare`: what changed from one run to another. */
export function addCompare(program: Command, finish: (status: number) => void): void {
  program
    .command('compare')
    .argument('<a>', 'results directory, or its results.json')
    .argument('<b>', 'the other one')
    .description('show what changed from run A to run B: verdicts, tests, times; exit 1 when something did')
    .addOption(
      new Option('--format <format>', 'terminal, or json').default('terminal').argParser(oneOf(FORMATS)),
    )
    .action(async (a: string, b: string, { format }: { readonly format: (typeof FORMATS)[number] }) => {
      const [before, after] = [await readResultsAt(a), await readResultsAt(b)];
      checkComplete(before);
      checkComplete(after);
      const comparison = compareResults(before.results, after.results);
      process.stdout.write(
        format === 'json'
          ? `${JSON.stringify(comparison, undefined, 2)}\n`
          : renderComparison(comparison, [a, b], styleOf(process.stdout)),
      );
      finish(comparison.same ? EXIT.ok : EXIT.failed);
    });
}
