import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { configFragment, KERNEL_OPTIONS } from '../../vm-images/kernel-options.js';
import { Cache } from '../cache/index.js';
import { checkConfig, parseConfig, resolveKernel, type Lack } from '../kernels/index.js';
import { EXIT } from '../results/exit-status.js';
import { UsageError } from './errors.js';
import { checkKernelWord, offlineOption } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

/** What a .config lacks, each with its consequence; the count last. */
function renderLacks(name: string, lacks: readonly Lack[], checked: number): string {
  const lines = lacks.flatMap(({ wanted, found, need }) => [
    `missing  ${wanted} (it is: ${found})`,
    `         ${need.why}; without it: ${need.without}`,
  ]);
  lines.push(
    lacks.length === 0
      ? `${name}: all ${checked} options are as ulogcheck needs them`
      : `${name}: ${lacks.length} of ${checked} options are not as ulogcheck needs them; ` +
          '`ulogcheck kernels config` prints them all',
  );
  return `${lines.join('\n')}\n`;
}

/** The .config of a file, of a kernel tree, or of one of Debian's kernels. Throws {@link UsageError}. */
async function readConfig(what: string): Promise<string> {
  const found = await stat(what).catch(() => undefined);
  if (found === undefined && what.includes('/')) {
    throw new UsageError(
      `kernels config --check ${what}: there is no such file. Give a .config, or a kernel tree.`,
    );
  }
  let path = what;
  if (found === undefined) {
    const progress = progressPrinter(process.stderr, styleOf(process.stderr));
    const kernel = await resolveKernel(await Cache.open({ progress }), checkKernelWord(what), progress);
    path = kernel.config;
  } else if (found.isDirectory()) {
    path = join(what, '.config');
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`kernels config --check ${what}: ${(error as Error).message}`, { cause: error });
  });
  // As in /proc/config.gz.
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, what) : bytes).toString('utf8');
  if (parseConfig(text).size === 0) {
    throw new UsageError(
      `kernels config --check ${what}: ${path} is no kernel configuration: no line sets an option`,
    );
  }
  return text;
}

function unpacked(bytes: Buffer, what: string): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new UsageError(`kernels config --check ${what}: is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Defines `ulogcheck kernels config`. */
export function addKernelsConfig(command: Command, finish: (status: number) => void): void {
  command
    .command('config')
    .description('print the options that a kernel must be built with, as a .config fragment')
    .option(
      '--check <file|tree|release>',
      'name instead what this .config, kernel tree or Debian kernel lacks',
    )
    .addOption(offlineOption())
    .action(async (options: { readonly check?: string }) => {
      if (options.check === undefined) {
        process.stdout.write(configFragment());
        finish(EXIT.ok);
        return;
      }
      const needs = KERNEL_OPTIONS.flatMap((group) => group.needs);
      const lacks = checkConfig(await readConfig(options.check), needs);
      process.stdout.write(renderLacks(options.check, lacks, needs.length));
      finish(lacks.length === 0 ? EXIT.ok : EXIT.failed);
    });
}
