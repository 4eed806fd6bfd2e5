import { Option, type Command } from 'commander';
import { renderBench } from '../../reports/bench.js';
import { renderDiskProcess, renderGuestDisks } from '../../reports/disk-bench.js';
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
  readonly only?: 'nodes' | 'disks';
  readonly qemu?: string;
}

/** Defines `ulogcheck bench`. `finish` receives the exit status. */
export function addBench(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('bench')
    .description(
      "time nodes, a resync through the daemon beside one with the kernel's own log in the same VM, and emulated disks beside Debian's tgt",
    )
    .option('--daemon <name|path>', 'daemon to measure: a profile by name or by path', 'reference')
    .option('--repetitions <n>', 'measurements of each kind', wholeNumber(1, 'the number of measurements'), 5)
    .addOption(new Option('--only <section>', 'one section').choices(['nodes', 'disks']));
  addMachineOptions(command).action(async (options: BenchOptions) => {
    const { only } = options;
    if (only !== 'disks') await benchNodes(options);
    if (only !== 'nodes') await benchDisks(options);
    finish(EXIT.ok);
  });
}

/** The machine that nodes are. */
function machineOf({ kernel, userland, lvm, qemu }: BenchOptions) {
  return { kernel: checkKernelWord(kernel), userland, lvm, qemu: checkQemuPath(qemu) };
}

async function benchNodes(options: BenchOptions): Promise<void> {
  const style = styleOf(process.stdout);
  const { reference } = await chooseDaemon(options.daemon);
  const machine = { ...machineOf(options), daemon: reference };
  using interruption = new Interruption();
  const { bench } = await import('../lab/bench.js');
  const progress = progressPrinter(process.stdout, style);
  const found = await interruption.during('the benchmark', bench(machine, options.repetitions, progress));
  process.stdout.write(renderBench(found, style));
}

async function benchDisks(options: BenchOptions): Promise<void> {
  const style = styleOf(process.stdout);
  using interruption = new Interruption();
  const progress = progressPrinter(process.stdout, style);
  const { mutexRates, servedMemory } = await import('../disks/bench/disk-process.js');
  const ofProcess = async () => ({
    rates: await mutexRates(options.repetitions),
    memory: await servedMemory(),
  });
  const served = await interruption.during('the benchmark of drives', ofProcess());
  process.stdout.write(renderDiskProcess(served, style));
  const { guestDiskBench } = await import('../lab/disk-bench.js');
  const guest = guestDiskBench(machineOf(options), options.repetitions, progress);
  process.stdout.write(renderGuestDisks(await interruption.during('the benchmark of disks', guest), style));
}
