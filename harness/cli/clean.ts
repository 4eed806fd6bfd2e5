import { Option, type Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { Cache, cacheDirectory, type CacheUsage, type Eviction } from '../cache/index.js';
import { age } from './options.js';
import { progressPrinter } from './progress-printer.js';

/** What nobody used for so long is removed by a plain `ulogcheck clean`. */
const DEFAULT_AGE = '30d';

/** `1.2 GB`, `340 MB`, `12 kB`: decimal units, as disks are sold. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

/** What went, and what is left, one line for each kind of entry. */
export function renderClean(
  directory: string,
  { gone, inUse }: Eviction,
  left: readonly CacheUsage[],
): string {
  const total = (entries: readonly CacheUsage[]): string =>
    `${entries.length} entries, ${bytesText(entries.reduce((sum, { bytes }) => sum + bytes, 0))}`;
  const kinds = [...new Set(left.map(({ kind }) => kind))].sort();
  const lines = [`cache    ${directory}`, `removed  ${total(gone)}`, `left     ${total(left)}`];
  if (inUse.length > 0)
    lines.splice(2, 0, `in use   ${total(inUse)}: a run in progress needs them, so they stay`);
  for (const kind of kinds)
    lines.push(`  ${kind.padEnd(12)} ${total(left.filter((entry) => entry.kind === kind))}`);
  return `${lines.join('\n')}\n`;
}

/** Defines `ulogcheck clean`. */
export function addClean(program: Command, finish: (status: number) => void): void {
  program
    .command('clean')
    .description('remove from the cache what was not used for long; what a run in progress uses stays')
    .addOption(new Option('--all', 'remove everything').conflicts('olderThan'))
    .option(
      '--older-than <age>',
      `remove what was not used for so long, such as 12h or 7d (default: ${DEFAULT_AGE})`,
      age,
    )
    .action(async (options: { readonly all?: true; readonly olderThan?: number }) => {
      const progress = progressPrinter(process.stdout, styleOf(process.stdout));
      const cache = await Cache.open({ progress });
      const eviction = await cache.evict(options.all === true ? 0 : (options.olderThan ?? age(DEFAULT_AGE)));
      process.stdout.write(renderClean(cacheDirectory(), eviction, await cache.usage()));
      finish(0);
    });
}
