import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import type { Lvm } from '../plan/lvm.js';
import { chooseDaemon } from './daemon-option.js';
import { addMachineOptions, checkKernelWord, checkQemuPath } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

interface ShellCommandOptions {
  readonly kernel: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly daemon?: string;
  readonly qemu?: string;
}

/** Defines `ulogcheck shell`. Ctrl-C belongs to the node here, so that there is no Interruption. */
export function addShell(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('shell')
    .description('start a node and drop into it')
    .option('--daemon <name|path>', 'start this daemon in the node');
  addMachineOptions(command).action(async (options: ShellCommandOptions) => {
    const { userland, lvm } = options;
    const kernel = checkKernelWord(options.kernel);
    const qemu = checkQemuPath(options.qemu);
    const daemon = options.daemon === undefined ? undefined : await chooseDaemon(options.daemon);
    const { openShell } = await import('../lab/shell.js');
    const progress = progressPrinter(process.stderr, styleOf(process.stderr));
    finish(await openShell({ kernel, userland, lvm, qemu, daemon: daemon?.reference }, progress));
  });
}
