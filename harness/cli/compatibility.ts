import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { compatibility } from '../../reports/compatibility.js';
import {
  COMPATIBILITY_HEADING,
  renderCompatibility,
  renderCompatibilityTable,
} from '../../reports/compatibility-text.js';
import { styleOf } from '../../reports/style.js';
import { EXIT } from '../results/exit-status.js';
import { writeTextAtomically } from '../results/write.js';
import { UsageError } from './errors.js';
import { readResultsAt } from './results-argument.js';

/** Defines `ulogcheck compatibility`: what several runs say of the same requirements, side by side. */
export function addCompatibility(program: Command, finish: (status: number) => void): void {
  program
    .command('compatibility')
    .argument(
      '<results...>',
      'results of runs with several kernels or userlands: directories, or files results.json',
    )
    .description('show the verdicts of several runs side by side: a column for each kernel and userland')
    .option('--write <file>', 'write the tables there too, as a Markdown document')
    .action(async (paths: readonly string[], options: { readonly write?: string }) => {
      const files = [...new Set(paths.map((path) => resolve(path)))];
      const runs = await Promise.all(
        files.map(async (path) => ({ path, results: (await readResultsAt(path)).results })),
      );
      const table = compatibility(runs);
      if (options.write !== undefined) await writeDocument(options.write, renderCompatibility(table));
      process.stdout.write(renderCompatibilityTable(table, styleOf(process.stdout)));
      finish(EXIT.ok);
    });
}

/** A file that no earlier call wrote is not overwritten: it may be one of the results. Throws {@link UsageError}. */
async function writeDocument(path: string, text: string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '');
  if (before !== '' && !before.startsWith(COMPATIBILITY_HEADING)) {
    throw new UsageError(
      `--write ${path}: holds something else than such a table (it does not begin with "${COMPATIBILITY_HEADING}")`,
    );
  }
  try {
    await writeTextAtomically(resolve(path), text);
  } catch (error) {
    throw new UsageError(`--write ${path}: cannot be written: ${(error as Error).message}`);
  }
}
