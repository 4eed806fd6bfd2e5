import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { styleOf } from '../../reports/style.js';
import { readSpecs } from '../kernels/spec.js';
import { withSelfTests } from '../lab/self-tests.js';
import { TIERS } from '../plan/definition.js';
import { unneededKernels } from '../plan/kernel-choice.js';
import { KEEP } from '../plan/run-plan.js';
import { selectTests, type Selection } from '../plan/select.js';
import { prepareOut } from '../results/write.js';
import { beginReport, conduct, NOTHING_EARLIER } from './conduct.js';
import { UsageError } from './errors.js';
import { readPlanOf, resume } from './resume.js';
import { commonSeed, shardArgument, shardOf } from './shard.js';
import { EXIT } from '../results/exit-status.js';
import { chooseDaemon, type ChosenDaemon } from './daemon-option.js';
import { addDriveOptions, checkDriveOptions, type DriveOptions } from './drive-options.js';
import { addDebugOptions, checkDebugger } from './debug-options.js';
import { Interruption } from './interruption.js';
import { renderList } from './list.js';
import { addMachineOptions, checkQemuPath } from './machine-options.js';
import { collected, oneOf, wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';
import { addReportingOptions, Reporting } from './reporting.js';
import { effective, requestOf, type ChosenKernels, type RunOptions } from './run-request.js';
import { newSeed } from './seed.js';
import { loadSuite } from './suite.js';

/** One more than cores: some test always waits for the kernel. More would only take them from each other. */
const DEFAULT_WORKERS = availableParallelism() + 1;

/** Defines `ulogcheck run`. `finish` receives the exit status. */
export function addRun(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('run')
    .description('run the conformance suite: restore nodes, drive, record, judge, report')
    .option('--daemon <name|path>', 'daemon under test: a profile by name or by path', 'reference')
    .addOption(new Option('--tier <tier>', 'quick, or full').default('quick').argParser(oneOf(TIERS)))
    .option(
      '-g, --grep <pattern>',
      'requirement id, folder, file (idm/lease), title, or glob over ids, files and titles; repeatable',
      collected,
      [],
    )
    .option(
      '--workers <n>',
      'tests at a time',
      wholeNumber(1, 'the number of tests at a time'),
      DEFAULT_WORKERS,
    )
    .option('--out <directory>', 'where results go (default: reports/out/<UTC time>-<id>)')
    .option('--list', 'show what would be run, and run nothing', false)
    .option(
      '--seed <n>',
      'seed of everything random (default: a new one)',
      wholeNumber(0, 'the seed of a run'),
    )
    .option(
      '--resume <directory>',
      'go on with the interrupted run in this directory: what is missing, and nothing twice',
    )
    .addOption(
      new Option(
        '--shard <N/M>',
        'only the N-th of M parts of the run; `ulogcheck merge` puts them together',
      ).argParser(shardArgument),
    )
    .option('--strict', 'known defects change the exit status too', false)
    .addOption(
      new Option(
        '--keep [when]',
        'leave the nodes of tests up and print how to enter them: failed (tests that did not pass), or always',
      ).argParser(oneOf(KEEP)),
    );
  const withMachine = addDebugOptions(addMachineOptions(command, 'several kernels'));
  addReportingOptions(addDriveOptions(withMachine)).action(
    async (options: RunOptions & DriveOptions, self: Command) => {
      const given = Object.fromEntries(
        Object.entries(options).filter(([name]) => self.getOptionValueSource(name) === 'cli'),
      ) as Partial<RunOptions>;
      checkDriveOptions(given);
      if (options.drive.length > 0) {
        const { runOnDrives } = await import('./run-on-drives.js');
        finish(await runOnDrives(options, given));
        return;
      }
      finish(
        await (options.resume === undefined ? run(options, given) : goOn(options.resume, options, given)),
      );
    },
  );
}

/** The kernels that `--kernel` names. Without a test none is looked for; the results still say what is missing. */
async function chooseKernels(
  options: RunOptions,
  daemon: ChosenDaemon,
  { tests }: Selection,
  reporting: Reporting,
  interruption: Interruption,
): Promise<ChosenKernels> {
  const { kernel: specs, userland, lvm } = options;
  if (tests.length === 0) {
    return { choices: unneededKernels(readSpecs(specs).map(({ text }) => text)), suitesLeftOut: [] };
  }
  const { chooseRunKernels } = await import('../lab/choose.js');
  const progress = progressPrinter(process[reporting.progress], reporting.style);
  const shared = { daemons: [daemon.reference], userland, lvm };
  const suitesLeftOut: { suite: string; reason: string }[] = [];
  const choosing = chooseRunKernels(specs, shared, progress, (left) => suitesLeftOut.push(left));
  return { choices: await interruption.during('set-up', choosing), suitesLeftOut };
}

/** Prints what would be run; the kernels too, if some were asked for, since looking for them may take the mirror. */
async function list(
  options: RunOptions,
  given: Partial<RunOptions>,
  daemon: ChosenDaemon,
  selection: Selection,
  reporting: Reporting,
): Promise<number> {
  using interruption = new Interruption();
  const kernels =
    given.kernel === undefined
      ? []
      : (await chooseKernels(options, daemon, selection, reporting, interruption)).choices;
  process.stdout.write(renderList(selection, styleOf(process.stdout), kernels));
  return EXIT.ok;
}

/** Runs the suite as `options` say and returns the exit status; bad usage and trouble of the host throw. */
async function run(asked: RunOptions, given: Partial<RunOptions>): Promise<number> {
  const started = new Date();
  const options = { ...asked, kernel: asked.kernel.length === 0 ? ['stable'] : asked.kernel };
  const reporting = new Reporting(options);
  const daemon = await chooseDaemon(options.daemon);
  const suite = withSelfTests(await loadSuite(), daemon.profile);
  const selection = selectTests(options.grep, options.tier, suite);
  const qemu = checkQemuPath(options.qemu);
  if (options.list) return await list(options, given, daemon, selection, reporting);
  const seed =
    options.seed ??
    (options.shard === undefined
      ? newSeed()
      : commonSeed(effective(options, daemon), suite.catalogue.digest));
  using interruption = new Interruption();
  try {
    // What an earlier run left in the directory goes only when this one can begin.
    const chosen = await chooseKernels(options, daemon, selection, reporting, interruption);
    const { choices } = chosen;
    checkDebugger(options, selection, choices);
    const out = await prepareOut(options.out, process.cwd(), started);
    const html = reporting.runnerPage(choices.length) && options.shard === undefined;
    const workers = options.gdb ? 1 : options.workers;
    const checked = { ...options, qemu, out, seed, html, workers };
    const whole = requestOf(checked, daemon, suite, selection, chosen, started);
    const request =
      options.shard === undefined ? whole : { ...whole, plan: await shardOf(whole.plan, options.shard) };
    beginReport(request, reporting);
    return await conduct(request, NOTHING_EARLIER, reporting, interruption);
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}

/** Goes on with a run; what was given beside `--resume` must be what it was begun with. */
async function goOn(directory: string, options: RunOptions, given: Partial<RunOptions>): Promise<number> {
  if (options.list)
    throw new UsageError('--resume --list: what a run does was said when it began. Leave --list out.');
  const { shard: part } = readPlanOf(resolve(directory), '--resume').asked;
  const reporting = new Reporting({ ...options, ...(part && { shard: part }) });
  const { kernel, userland, lvm, tier, grep, strict, seed, shard, gdb, dump } = given;
  const daemon = given.daemon === undefined ? undefined : (await chooseDaemon(given.daemon)).reference;
  const qemu = checkQemuPath(given.qemu);
  const out = given.out === undefined ? undefined : resolve(given.out);
  using interruption = new Interruption();
  try {
    return await resume(
      resolve(directory),
      { kernel, daemon, userland, lvm, tier, grep, strict, seed, shard, gdb, dump, qemu, out },
      {
        workers: given.workers,
        keep: options.keep === true ? 'failed' : options.keep,
      },
      reporting,
      interruption,
    );
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}
