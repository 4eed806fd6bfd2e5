import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import type { Lvm } from '../plan/lvm.js';
import { chooseDaemon } from './daemon-option.js';
import { UsageError } from './errors.js';
import { addMachineOptions, checkKernelWord, checkQemuPath } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

interface ShellCommandOptions {
  readonly kernel: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly daemon?: string;
  readonly qemu?: string;
  readonly dump: boolean;
  readonly gdb: boolean;
}

/** Where the memory of the node is saved, in the working directory. */
const MEMORY_FILE = 'node1.vmcore';

/** Defines `ulogcheck shell`. Ctrl-C belongs to the node here, so that there is no Interruption. */
export function addShell(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('shell')
    .description('start a node and drop into it')
    .option('--daemon <name|path>', 'start this daemon in the node')
    .option('--dump', `save the memory of the node as ${MEMORY_FILE} here if its kernel panics`, false)
    .option('--gdb', 'the node serves a debugger: print how to attach one', false);
  addMachineOptions(command).action(async (options: ShellCommandOptions) => {
    const { userland, lvm } = options;
    const kernel = checkKernelWord(options.kernel);
    const qemu = checkQemuPath(options.qemu);
    const daemon = options.daemon === undefined ? undefined : await chooseDaemon(options.daemon);
    const dump = options.dump ? resolve(MEMORY_FILE) : undefined;
    if (dump !== undefined && existsSync(dump)) {
      throw new UsageError(`--dump: ${dump} is there already. Move it away, or start in another directory.`);
    }
    const { openShell } = await import('../lab/shell.js');
    const progress = progressPrinter(process.stderr, styleOf(process.stderr));
    const { gdb } = options;
    finish(await openShell({ kernel, userland, lvm, qemu, daemon: daemon?.reference, dump, gdb }, progress));
  });
}
