import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { userlandText } from '../../reports/userland-text.js';
import type { Lvm } from '../plan/lvm.js';
import { EXIT } from '../results/exit-status.js';
import { chooseDaemon } from './daemon-option.js';
import { Interruption } from './interruption.js';
import { addMachineOptions, checkKernelWord, checkQemuPath, prepareMachine } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

interface PrepareCommandOptions {
  readonly kernel: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly daemon: string;
  readonly qemu?: string;
}

/** Defines `ulogcheck prepare`: what a run would fetch and build before its first test, and nothing more. */
export function addPrepare(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('prepare')
    .description('fetch and build what a run needs, and run nothing')
    .option(
      '--daemon <name|path>',
      'daemon whose files to prepare: a profile by name or by path',
      'reference',
    );
  addMachineOptions(command).action(async (options: PrepareCommandOptions) => {
    const { userland, lvm } = options;
    const kernel = checkKernelWord(options.kernel);
    const qemu = checkQemuPath(options.qemu);
    const { reference } = await chooseDaemon(options.daemon);
    using interruption = new Interruption();
    const prepared = await prepareMachine(
      { kernel, daemons: [reference], userland, lvm, qemu, golden: 'ready' },
      progressPrinter(process.stdout, styleOf(process.stdout)),
      interruption,
    );
    process.stdout.write(
      `ready  kernel ${prepared.release}; userland ${userlandText({ userland, lvm, lvmVersion: prepared.lvmVersion })}; ${prepared.qemu}\n`,
    );
    finish(EXIT.ok);
  });
}
