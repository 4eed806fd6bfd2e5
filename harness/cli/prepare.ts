import type { Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { userlandText } from '../../reports/userland-text.js';
import { kernelArgument } from '../plan/kernel-choice.js';
import type { Lvm } from '../plan/lvm.js';
import { EXIT } from '../results/exit-status.js';
import { chooseDaemon } from './daemon-option.js';
import { explainError, InterruptedError } from './errors.js';
import { Interruption } from './interruption.js';
import { addMachineOptions, checkKernelWord, checkQemuPath, prepareMachine } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';

interface PrepareCommandOptions {
  readonly kernel: readonly string[];
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
  addMachineOptions(command, 'several kernels').action(async (options: PrepareCommandOptions) => {
    const { userland, lvm } = options;
    const specs = options.kernel.length === 0 ? ['stable'] : options.kernel.map(checkKernelWord);
    const qemu = checkQemuPath(options.qemu);
    const { reference } = await chooseDaemon(options.daemon);
    const progress = progressPrinter(process.stdout, styleOf(process.stdout));
    const shared = { daemons: [reference], userland, lvm };
    using interruption = new Interruption();
    const { chooseRunKernels } = await import('../lab/choose.js');
    const kernels = await interruption.during('set-up', chooseRunKernels(specs, shared, progress));
    const failed: string[] = [];
    for (const kernel of kernels) {
      try {
        const asked = { ...shared, kernel: kernelArgument(kernel), qemu, golden: 'ready' } as const;
        const { release, lvmVersion, qemu: machine } = await prepareMachine(asked, progress, interruption);
        const nodes = userlandText({ userland, lvm, lvmVersion });
        process.stdout.write(`ready  kernel ${release}; userland ${nodes}; ${machine}\n`);
      } catch (error) {
        // One alone ends the command; of several the others go on.
        if (kernels.length === 1 || error instanceof InterruptedError) throw error;
        process.stderr.write(`kernel ${kernel.label}: ${explainError(error).text}\n`);
        failed.push(kernel.label);
      }
    }
    if (failed.length > 0) process.stderr.write(`not ready: ${failed.join(', ')}\n`);
    finish(failed.length === 0 ? EXIT.ok : EXIT.infra);
  });
}
