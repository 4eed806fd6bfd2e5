import { Option, type Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import type { Flavour } from '../kernels/index.js';
import { withSelfTests } from '../lab/self-tests.js';
import { TIERS, type Tier } from '../plan/definition.js';
import type { Lvm } from '../plan/lvm.js';
import { selectTests } from '../plan/select.js';
import { prepareOut } from '../results/write.js';
import type { JudgeOptions } from './bisect-judge.js';
import { checkTree, step, stepDirectory } from './bisect-step.js';
import { chooseDaemon } from './daemon-option.js';
import { UsageError } from './errors.js';
import { Interruption } from './interruption.js';
import { checkQemuPath, lvmOption, offlineOption, userlandOption } from './machine-options.js';
import { collected, oneOf, wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';
import { newSeed } from './seed.js';
import { loadSuite } from './suite.js';

/** What `ulogcheck bisect` was asked. */
interface BisectOptions {
  readonly good?: string;
  readonly bad?: string;
  readonly kernel?: string;
  readonly build?: string;
  readonly flavour?: Flavour;
  readonly grep: readonly string[];
  readonly repeat: number;
  readonly findings: boolean;
  readonly daemon: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly tier: Tier;
  readonly workers?: number;
  readonly qemu?: string;
  readonly seed?: number;
  readonly offline?: boolean;
  readonly out?: string;
}

const FLAVOURS: readonly Flavour[] = ['cloud', 'generic', 'rt'];

const HELP = `
Among Debian's kernels:
  ulogcheck bisect --good 6.1 --bad 7.2 -g TRN-04
In a kernel tree, for each commit that git tries:
  git bisect run ulogcheck bisect --kernel . --build 'make olddefconfig && make -j8' -g LUID-03

Exit status: 0 the first bad one was found (69: it is one of several), or, with --kernel, 0 good, 1 bad,
125 cannot be judged, 192 bad usage and 197 the host was at fault, which end git bisect run.`;

/** Defines `ulogcheck bisect`. */
export function addBisect(program: Command, finish: (status: number) => void): void {
  program
    .command('bisect')
    .description('find the first kernel on which a requirement fails; or judge one tree for git bisect run')
    .option('--good <kernel>', 'a kernel on which it holds')
    .option('--bad <kernel>', 'a kernel on which it fails')
    .option('--kernel <tree>', 'judge this built tree, and end as git bisect run understands it')
    .option('--build <command>', 'with --kernel: build the tree with this shell command first')
    .option('-g, --grep <pattern>', 'what must hold; as of ulogcheck run, repeatable', collected, [])
    .option(
      '--repeat <n>',
      'test each kernel so often; bad if it fails once',
      wholeNumber(1, 'a number of runs'),
      1,
    )
    .option('--findings', 'what a kernel reports about itself (panic, WARN, …) is bad too', false)
    .addOption(
      new Option(
        '--flavour <flavour>',
        "flavour of Debian's kernels (default: what --good or --bad names, or cloud)",
      ).argParser(oneOf(FLAVOURS)),
    )
    .option('--daemon <name|path>', 'daemon: a profile by name or by path', 'reference')
    .addOption(new Option('--tier <tier>', 'quick, or full').default('quick').argParser(oneOf(TIERS)))
    .option('--workers <n>', 'tests at a time', wholeNumber(1, 'the number of tests at a time'))
    .addOption(userlandOption())
    .addOption(lvmOption())
    .option('--qemu <path>', 'QEMU to use, version 10 or newer')
    .option('--seed <n>', 'seed of all runs (default: a new one)', wholeNumber(0, 'the seed of a run'))
    .option('--out <directory>', 'where results of all steps go')
    .addOption(offlineOption())
    .addHelpText('after', HELP)
    .action(async (options: BisectOptions) => {
      finish(await bisect(options));
    });
}

/** The options of `ulogcheck run` that are the same for all kernels. Throws UsageError and what a profile throws. */
async function runWords(options: BisectOptions): Promise<string[]> {
  const { grep, tier, userland, lvm, workers } = options;
  if (grep.length === 0) {
    throw new UsageError('-g: say what must hold, e.g. -g LUID-03; some kernel fails something always.');
  }
  const daemon = await chooseDaemon(options.daemon);
  selectTests(grep, tier, withSelfTests(await loadSuite(), daemon.profile));
  const qemu = checkQemuPath(options.qemu);
  return [
    ...grep.flatMap((pattern) => ['-g', pattern]),
    ...(options.daemon === 'reference' ? [] : ['--daemon', daemon.reference]),
    ...(tier === 'quick' ? [] : ['--tier', tier]),
    ...(userland === 'trixie' ? [] : ['--userland', userland]),
    ...(lvm === 'stock' ? [] : ['--lvm', lvm]),
    ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ...(qemu === undefined ? [] : ['--qemu', qemu]),
    ...(options.offline === true ? ['--offline'] : []),
  ];
}

/** Searches, or judges one tree, and returns the exit status. */
async function bisect(options: BisectOptions): Promise<number> {
  const started = new Date();
  const { good, bad, kernel, build } = options;
  if (kernel !== undefined && (good !== undefined || bad !== undefined)) {
    throw new UsageError(
      "--kernel judges one tree; --good and --bad search among Debian's kernels. Give one or the other.",
    );
  }
  if (kernel === undefined && (good === undefined || bad === undefined)) {
    throw new UsageError('give --good and --bad, between which to search; or --kernel, for git bisect run');
  }
  if (build !== undefined && kernel === undefined) throw new UsageError('--build belongs to --kernel');
  const judge: JudgeOptions = {
    words: await runWords(options),
    repeat: options.repeat,
    seed: options.seed ?? newSeed(),
    badIf: { findings: options.findings },
  };
  using interruption = new Interruption();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (kernel !== undefined) {
    checkTree(kernel);
    const out = await prepareOut(await stepDirectory(kernel, options.out), process.cwd(), started);
    return await step({ kernel, build, judge, out }, interruption, print);
  }
  const out = await prepareOut(options.out, process.cwd(), started);
  const { walk } = await import('./bisect-walk.js');
  const style = styleOf(process.stdout);
  const what = [...options.grep, ...(options.findings ? ['findings'] : [])].join(', ');
  return await walk(
    { good: good ?? '', bad: bad ?? '', flavour: options.flavour, what, judge, out },
    { interruption, progress: progressPrinter(process.stderr, style), style, print },
  );
}
