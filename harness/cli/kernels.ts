import { Option, type Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { Cache, type CacheUsage } from '../cache/index.js';
import {
  chooseKernels,
  FLAVOURS,
  listKernels,
  obtainKernel,
  pruneKernels,
  type Flavour,
  type KernelChoice,
  type KnownKernel,
  type Pruned,
} from '../kernels/index.js';
import type { ProgressSink } from '../progress.js';
import { EXIT } from '../results/exit-status.js';
import { bytesText } from './clean.js';
import { explainError, UsageError } from './errors.js';
import { addKernelsConfig } from './kernels-config.js';
import { checkKernelWord, offlineOption } from './machine-options.js';
import { age, oneOf } from './options.js';
import { progressPrinter } from './progress-printer.js';

/** One line for each kernel: release, version, package version, suites, what it costs to fetch, cached or not. */
export function renderKernels(kernels: readonly KnownKernel[]): string {
  const rows = kernels.map(({ release, version, packageVersion, suites, download, cached, isStable }) => [
    release,
    version,
    packageVersion ?? '-',
    suites.join(', ') || '-',
    download === undefined ? '-' : bytesText(download),
    cached === undefined ? '-' : bytesText(cached),
    isStable ? '--kernel stable' : '',
  ]);
  const table = [['release', 'version', 'package version', 'suite', 'download', 'cached', ''], ...rows];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** What was removed, by kind, and what had to stay. */
export function renderPruned({ releases, gone, inUse }: Pruned): string {
  const total = (entries: readonly CacheUsage[]): string =>
    bytesText(entries.reduce((sum, { bytes }) => sum + bytes, 0));
  const kinds = [...new Set(gone.map(({ kind }) => kind))].sort().map((kind) => {
    const some = gone.filter((entry) => entry.kind === kind);
    return `  ${kind.padEnd(12)} ${some.length} entries, ${total(some)}`;
  });
  const lines = [
    `kernels  ${releases.length === 0 ? 'none' : releases.join(', ')}`,
    `removed  ${gone.length} entries, ${total(gone)}`,
    ...kinds,
  ];
  if (inUse.length > 0) {
    lines.push(
      `in use   ${inUse.length} entries, ${total(inUse)}: a run in progress needs them, so they stay`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** `--flavour`: which build of Debian's a version means. */
export function flavourOption(): Option {
  return new Option('--flavour <name>', `which of Debian's builds a version means: ${FLAVOURS.join(', ')}`)
    .default('cloud')
    .argParser(oneOf(FLAVOURS));
}

interface ListOptions {
  readonly flavour: Flavour;
  readonly all?: true;
}

async function list(patterns: readonly string[], { flavour, all }: ListOptions): Promise<void> {
  for (const pattern of patterns) checkKernelWord(pattern);
  const progress = progressPrinter(process.stderr, styleOf(process.stderr));
  const cache = await Cache.open({ progress });
  const kernels = await listKernels(cache, { patterns, flavour, everyBuild: all === true }, progress);
  process.stdout.write(renderKernels(kernels));
}

/** Fetches one kernel; gives the line that tells of it. */
async function fetchOne(
  cache: Cache,
  choice: KernelChoice,
  progress: ProgressSink,
): Promise<{ readonly line: string; readonly ok: boolean }> {
  const { initramfs } = await import('../../vm-images/index.js');
  try {
    const kernel = await obtainKernel(cache, choice, progress);
    await initramfs(cache, kernel, { progress });
    return { line: `ready    ${choice.label}`, ok: true };
  } catch (error) {
    const { text } = explainError(error);
    return { line: `not had  ${choice.label}: ${text.replaceAll('\n', '\n         ')}`, ok: false };
  }
}

async function fetchKernels(specs: readonly string[], flavour: Flavour): Promise<number> {
  for (const spec of specs) checkKernelWord(spec);
  const progress = progressPrinter(process.stderr, styleOf(process.stderr));
  const cache = await Cache.open({ progress });
  const choices = await chooseKernels(cache, specs, { flavour }, progress);
  let had = 0;
  for (const choice of choices) {
    const { line, ok } = await fetchOne(cache, choice, progress);
    process.stdout.write(`${line}\n`);
    if (ok) had += 1;
  }
  process.stdout.write(`${had} of ${choices.length} kernels are ready\n`);
  return had === choices.length ? EXIT.ok : EXIT.infra;
}

/** What is not used for so long is pruned by `--unused` alone. */
const DEFAULT_UNUSED = '7d';

async function prune(specs: readonly string[], unused: number | undefined): Promise<void> {
  if ((specs.length === 0) === (unused === undefined)) {
    throw new UsageError(
      'kernels prune: say which kernels go, such as 6.12.* or cached, or --unused 7d for those that nobody used',
    );
  }
  for (const spec of specs) checkKernelWord(spec);
  const cache = await Cache.open({ progress: progressPrinter(process.stderr, styleOf(process.stderr)) });
  const wish = unused === undefined ? { specs } : { unusedMs: unused };
  process.stdout.write(renderPruned(await pruneKernels(cache, wish)));
}

/** Defines `ulogcheck kernels`. */
export function addKernels(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('kernels')
    .description('show, fetch or remove the kernels that can be tested, or tell what one of your own needs')
    .helpCommand(false);
  command
    .command('list', { isDefault: true })
    .argument('[specs...]', 'only these, as --kernel takes them: 6.12.* or debian/each,7.3-rc')
    .description('the kernels that can be had, each version once, and which are cached')
    .option('--all', 'every build: of all suites and flavours')
    .addOption(flavourOption())
    .addOption(offlineOption())
    .action(async (patterns: string[], options: ListOptions) => {
      await list(patterns, options);
      finish(EXIT.ok);
    });
  command
    .command('fetch <specs...>')
    .description('fetch kernels, so that a run finds them in the cache')
    .addOption(flavourOption())
    .addOption(offlineOption())
    .action(async (specs: string[], { flavour }: { readonly flavour: Flavour }) => {
      finish(await fetchKernels(specs, flavour));
    });
  command
    .command('prune [specs...]')
    .description('remove kernels from the cache, with all that was made of them; what is in use stays')
    .option('--unused [age]', `those that nobody used for so long (default: ${DEFAULT_UNUSED})`, age)
    .action(async (specs: string[], { unused }: { readonly unused?: number | true }) => {
      await prune(specs, unused === true ? age(DEFAULT_UNUSED) : unused);
      finish(EXIT.ok);
    });
  addKernelsConfig(command, finish);
}
