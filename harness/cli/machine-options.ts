import { Option, type Command } from 'commander';
import { isAbsolute, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { DEFAULT_USERLAND, USERLANDS } from '../../vm-images/userlands.js';
import { readSpecs } from '../kernels/spec.js';
import { LVMS } from '../plan/lvm.js';
import type { PreparedRun, PrepareOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { UsageError } from './errors.js';
import { goOffline, OFFLINE_VARIABLE } from '../setup/offline.js';
import type { Interruption } from './interruption.js';
import { collected, oneOf } from './options.js';

/** `--kernel`, as often as one likes. */
function kernelsOption(): Option {
  return new Option(
    '--kernel <names>',
    'kernels: stable, 6.1, 6.12.*, debian/each, a .deb, a kernel tree (docs/kernels.md); repeatable, or with commas',
  )
    .default([], 'stable')
    .argParser(collected);
}

/** Options that name what is run, shared by `run`, `shell` and `mutants`. */
export function addMachineOptions(command: Command, kernels?: 'several kernels'): Command {
  return command
    .addOption(
      kernels === undefined
        ? new Option(
            '--kernel <name>',
            'kernel: stable, 6.1, a .deb, a kernel tree (docs/kernels.md)',
          ).default('stable')
        : kernelsOption(),
    )
    .addOption(userlandOption())
    .addOption(lvmOption())
    .option('--qemu <path>', 'QEMU to use, version 10 or newer')
    .addOption(offlineOption());
}

/** `--userland`: the Debian release that nodes are made of, and with it the version of LVM. */
export function userlandOption(): Option {
  const names = [...USERLANDS.keys()];
  return new Option('--userland <name>', `Debian release in the nodes: ${names.join(', ')}`)
    .default(DEFAULT_USERLAND)
    .argParser(oneOf(names));
}

/** `--lvm`: by which LVM tests make their volumes. */
export function lvmOption(): Option {
  return new Option('--lvm <which>', 'LVM of the nodes: stock, or clustered (built again, docs/lvm.md)')
    .default('stock')
    .argParser(oneOf(LVMS));
}

/** `--offline`: works for all commands alike, by the variable that whatever could fetch looks at. */
export function offlineOption(): Option {
  return new Option(
    '--offline',
    `fetch nothing: use what is cached, however old (or set ${OFFLINE_VARIABLE}=1)`,
  );
}

/** Obeys `--offline`. */
export function obeyOffline(_program: Command, command: Command): void {
  if (command.getOptionValue('offline') === true) goOffline();
}

/**
 * Specs of kernels as `--kernel` takes them (docs/kernels.md); what can be none is refused before anything starts.
 * Throws KernelSpecError.
 */
export function checkKernelWord(value: string): string {
  readSpecs([value]);
  return value;
}

/** The absolute path of `--qemu`. Throws {@link UsageError} when there is no such file. */
export function checkQemuPath(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const path = isAbsolute(value) ? value : resolve(value);
  if (!existsSync(path)) {
    throw new UsageError(
      `--qemu ${value}: there is no such file. Give the path of qemu-system-x86_64, version 10 or newer.`,
    );
  }
  return path;
}

/** Fetches, builds and finds what the run needs. The machinery is loaded here, so that `--list` does not pay for it. */
export async function prepareMachine(
  options: PrepareOptions,
  progress: ProgressSink,
  interruption: Interruption,
): Promise<PreparedRun> {
  const { prepareRun } = await import('../lab/prepare.js');
  return await interruption.during('set-up', prepareRun(options, progress));
}
