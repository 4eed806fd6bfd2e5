import type { Command } from 'commander';
import { renderBench } from '../../reports/bench.js';
import { styleOf } from '../../reports/style.js';
import type { Lvm } from '../plan/lvm.js';
import { EXIT } from '../results/exit-status.js';
import { chooseDaemon } from './daemon-option.js';
import { Interruption } from './interruption.js';
import { addMachineOptions, checkKernelWord, checkQemuPath } from './machine-options.js';
import { wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';

/** What `ulogcheck bench` was asked. */
interface BenchOptions {
  readonly kernel: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly daemon: string;
  readonly repetitions: number;
  readonly qemu?: string;
}

/** Defines `ulogcheck bench`. `finish` receives the exit status. */
export function addBench(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('bench')
    .description(
      "time nodes, and a resync through the daemon beside one with the kernel's own log in the same VM",
    )
    .option('--daemon <name|path>', 'daemon to measure: a profile by name or by path', 'reference')
    .option(
      '--repetitions <n>',
      'measurements of each kind',
      wholeNumber(1, 'the number of measurements'),
      5,
    );
  addMachineOptions(command).action(async (options: BenchOptions) => {
    const style = styleOf(process.stdout);
    const { reference } = await chooseDaemon(options.daemon);
    const machine = {
      kernel: checkKernelWord(options.kernel),
      userland: options.userland,
      lvm: options.lvm,
      qemu: checkQemuPath(options.qemu),
      daemon: reference,
    };
    using interruption = new Interruption();
    const { bench } = await import('../lab/bench.js');
    const progress = progressPrinter(process.stdout, style);
    const found = await interruption.during('the benchmark', bench(machine, options.repetitions, progress));
    process.stdout.write(renderBench(found, style));
    finish(EXIT.ok);
  });
}
