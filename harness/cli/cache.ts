import { resolve } from 'node:path';
import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { readArchive } from '../archive/read.js';
import { writeArchive } from '../archive/write.js';
import { Cache, cacheDirectory, type CacheUsage } from '../cache/index.js';
import type { Lvm } from '../plan/lvm.js';
import { EXIT } from '../results/exit-status.js';
import { ageText } from '../setup/packages-silence.js';
import { usedPlans } from '../setup/packages-states.js';
import { bytesText } from './clean.js';
import { chooseDaemon } from './daemon-option.js';
import { describeEntry } from './describe-entry.js';
import { suiteVersion } from './describe-run.js';
import { UsageError } from './errors.js';
import { Interruption } from './interruption.js';
import { checkKernelWord, lvmOption, offlineOption, userlandOption } from './machine-options.js';
import { collected } from './options.js';
import { progressPrinter } from './progress-printer.js';

interface ExportOptions {
  readonly kernel: string;
  readonly daemon: readonly string[];
  readonly userland: string;
  readonly lvm: Lvm;
}

/** The entries by kind, each with its size, how long it was not used, and what it is. */
export function renderEntries(directory: string, entries: readonly CacheUsage[], now: number): string {
  const lines = [...entries]
    .sort((a, b) => a.kind.localeCompare(b.kind) || b.lastUsed.getTime() - a.lastUsed.getTime())
    .map((entry) => {
      const age = ageText(now - entry.lastUsed.getTime());
      const columns = [entry.kind.padEnd(11), bytesText(entry.bytes).padStart(7), age.padStart(11)];
      return `${columns.join('  ')}  ${describeEntry(entry)}`.trimEnd();
    });
  const total = bytesText(entries.reduce((sum, { bytes }) => sum + bytes, 0));
  const head = ['kind'.padEnd(11), 'size'.padStart(7), 'unused for'.padStart(11)].join('  ');
  return [`${head}  what`, ...lines, `${entries.length} entries, ${total}, in ${directory}`, ''].join('\n');
}

async function exportTo(file: string, options: ExportOptions): Promise<void> {
  const kernel = checkKernelWord(options.kernel);
  const named = options.daemon.length === 0 ? ['reference'] : options.daemon;
  const daemons: string[] = [];
  for (const daemon of named) daemons.push((await chooseDaemon(daemon)).reference);
  if (file === '-' && process.stdout.isTTY) {
    throw new UsageError('cache export -: the archive does not belong on a terminal; redirect the output');
  }
  const progress = progressPrinter(process.stderr, styleOf(process.stderr));
  const cache = await Cache.open({ progress });
  const { gatherForAnyMachine } = await import('../lab/gather.js');
  const asked = { kernel, daemons: [...new Set(daemons)], userland: options.userland, lvm: options.lvm };
  await gatherForAnyMachine(cache, asked, progress);
  const contents = {
    version: suiteVersion().version,
    // Names, not this machine's paths.
    asked: { ...asked, daemons: [...new Set(named)] },
    packages: usedPlans(cache),
    entries: await cache.given(),
  };
  const written = await writeArchive(contents, file === '-' ? process.stdout : resolve(file), progress);
  process.stderr.write(
    `${file}: ${written.entries} entries, ${bytesText(written.contentBytes)} in ${bytesText(written.bytes)}\n` +
      `sha256  ${written.sha256}\n`,
  );
}

async function importFrom(file: string): Promise<void> {
  const progress = progressPrinter(process.stdout, styleOf(process.stdout));
  const cache = await Cache.open({ progress });
  const source = file === '-' ? process.stdin : resolve(file);
  const { manifest, added, kept } = await readArchive(cache, source, progress);
  const { kernel, daemons, userland, lvm = 'stock' } = manifest.asked;
  const lvmText = lvm === 'stock' ? '' : ` --lvm ${lvm}`;
  const mine = suiteVersion().version;
  const lines = [
    `imported: ${added} entries into ${cache.directory}${kept === 0 ? '' : `; ${kept} were there already`}`,
    `for: ulogcheck run --offline --kernel ${kernel} --userland ${userland}${lvmText}, daemon ${daemons.join(', ')}`,
  ];
  if (manifest.version !== mine) {
    lines.push(`written by ulogcheck ${manifest.version}; this is ${mine}, which may need other files`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Defines `ulogcheck cache`. */
export function addCache(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('cache')
    .description('show what is cached, or carry it to a machine without a network')
    .helpCommand(false);
  command
    .command('list', { isDefault: true })
    .description('what lies in the cache')
    .action(async () => {
      const cache = await Cache.open();
      process.stdout.write(renderEntries(cacheDirectory(), await cache.usage(), Date.now()));
      finish(EXIT.ok);
    });
  command
    .command('export <file>')
    .description('write all that a run needs into one file (- for the standard output)')
    .option('--kernel <names>', 'kernels (docs/kernels.md), several with commas', 'stable')
    .option(
      '--daemon <name|path>',
      'daemon: a profile by name or by path; repeatable (default: reference)',
      collected,
      [],
    )
    .addOption(userlandOption())
    .addOption(lvmOption())
    .addOption(offlineOption())
    .action(async (file: string, options: ExportOptions) => {
      using interruption = new Interruption();
      await interruption.during('the export', exportTo(file, options));
      finish(EXIT.ok);
    });
  command
    .command('import <file>')
    .description('check such a file, and take what is not cached yet (- for the standard input)')
    .action(async (file: string) => {
      using interruption = new Interruption();
      await interruption.during('the import', importFrom(file));
      finish(EXIT.ok);
    });
}
