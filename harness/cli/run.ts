import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { reproduce } from '../../reports/again.js';
import { styleOf } from '../../reports/style.js';
import { userlandText } from '../../reports/userland-text.js';
import { withSelfTests } from '../lab/self-tests.js';
import { TIERS, type Tier } from '../plan/definition.js';
import type { Lvm } from '../plan/lvm.js';
import type { PreparedRun } from '../plan/prepared.js';
import { KEEP, plannedTest, type RunPlan } from '../plan/run-plan.js';
import { selectTests, type Selection, type SelectionSource } from '../plan/select.js';
import { assembleResults } from '../results/assemble.js';
import type { OutcomesFile, RunDescription, RunResults } from '../results/model.js';
import { projectRoot } from '../setup/root.mjs';
import { moveLatest, prepareOut, writeJsonAtomically } from '../results/write.js';
import { againOf } from './again.js';
import { chooseDaemon, type ChosenDaemon } from './daemon-option.js';
import { describeCatalogue, describeHost, suiteVersion } from './describe-run.js';
import { executePlan } from './execute.js';
import { Interruption } from './interruption.js';
import { renderList } from './list.js';
import { locateIn } from './locate-test.js';
import { addMachineOptions, checkKernelWord, checkQemuPath, prepareMachine } from './machine-options.js';
import { collected, oneOf, wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';
import { addReportingOptions, Reporting, type ReportingOptions } from './reporting.js';
import { loadSuite } from './suite.js';

/** What `ulogcheck run` was asked. */
interface RunOptions extends ReportingOptions {
  readonly kernel: string;
  readonly daemon: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly tier: Tier;
  readonly grep: readonly string[];
  readonly workers: number;
  readonly out?: string;
  readonly list: boolean;
  readonly seed: number;
  readonly strict: boolean;
  readonly keep?: (typeof KEEP)[number] | true;
  readonly qemu?: string;
}

/** After the checks: absolute paths, the directory made. */
interface CheckedOptions extends Omit<RunOptions, 'qemu' | 'out'> {
  readonly qemu: string | undefined;
  readonly out: string;
}

/** One more than cores: some test always waits for the kernel. More would only take them from each other. */
const DEFAULT_WORKERS = availableParallelism() + 1;

/** Seeds fit in 31 bits, so that every language of a daemon can take one. */
const SEED_LIMIT = 2 ** 31;

/** Defines `ulogcheck run`. `finish` receives the exit status. */
export function addRun(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('run')
    .description('run the conformance suite: restore nodes, drive, record, judge, report')
    .option('--daemon <name|path>', 'daemon under test: a profile by name or by path', 'reference')
    .addOption(new Option('--tier <tier>', 'quick, or full').default('quick').argParser(oneOf(TIERS)))
    .option(
      '-g, --grep <pattern>',
      'requirement id, folder, title, or glob over ids and titles; repeatable',
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
    .option('--strict', 'known defects change the exit status too', false)
    .addOption(
      new Option(
        '--keep [when]',
        'leave the nodes of tests up and print how to enter them: failed (tests that did not pass), or always',
      ).argParser(oneOf(KEEP)),
    );
  addReportingOptions(addMachineOptions(command)).action(
    async (options: Omit<RunOptions, 'seed'> & { readonly seed?: number }) => {
      finish(await run({ ...options, seed: options.seed ?? randomInt(SEED_LIMIT) }));
    },
  );
}

/** What is told of the nodes; without any there is no LVM. */
type Prepared = Pick<PreparedRun, 'kernelRelease' | 'qemu' | 'environment'> &
  Partial<Pick<PreparedRun, 'lvmVersion'>>;

interface Execution {
  readonly plan: RunPlan;
  readonly outcomes: OutcomesFile;
  readonly prepared: Prepared;
  readonly started: Date;
}

/** The options as results.json keeps them. */
function effective(options: CheckedOptions, daemon: ChosenDaemon): RunDescription['options'] {
  return {
    kernels: [options.kernel],
    daemon: daemon.reference,
    userland: options.userland,
    lvm: options.lvm,
    tier: options.tier,
    grep: [...options.grep],
    strict: options.strict,
  };
}

function results(
  options: CheckedOptions,
  daemon: ChosenDaemon,
  selection: Selection,
  { catalogue }: SelectionSource,
  { plan, outcomes, prepared, started }: Execution,
): RunResults {
  return assembleResults({
    catalogue,
    selected: selection.requirements,
    planned: selection.tests,
    leftOut: selection.leftOut,
    outcomes: outcomes.outcomes.map(({ outcome }) => outcome),
    out: plan.out,
    kernels: [
      {
        label: plan.kernel,
        release: plan.kernel,
        version: /^[\d.]+/.exec(plan.kernel)?.[0] ?? plan.kernel,
        packageVersion: null,
        suite: null,
        spec: options.kernel,
        state: 'tested',
        reason: '',
        preparedMs: 0,
        testedMs: outcomes.outcomes.reduce((sum, { outcome }) => sum + outcome.durationMs, 0),
      },
    ],
    userland: options.userland,
    lvmVersion: prepared.lvmVersion,
    daemon: daemon.profile.name,
    tier: options.tier,
    run: {
      suite: suiteVersion(),
      catalogue: describeCatalogue(catalogue),
      qemu: prepared.qemu,
      host: describeHost(),
      seed: options.seed,
      started: started.toISOString(),
      argv: process.argv.slice(2),
      options: effective(options, daemon),
      durationMs: Date.now() - started.getTime(),
      interrupted: outcomes.interrupted,
      errors: outcomes.errors,
    },
  });
}

/** What is about to happen; nothing when nothing is. */
function announcement(
  { runs, kernel, userland, workers, out }: RunPlan,
  { qemu, lvmVersion }: Prepared,
  daemon: string,
  lvm: Lvm,
): string {
  const count = runs.reduce((sum, { tests }) => sum + tests.length, 0);
  if (count === 0) return '';
  return [
    `run    ${count} tests, ${workers} at a time: kernel ${kernel}, daemon ${daemon}`,
    `       userland ${userlandText({ userland, lvmVersion, lvm })}; ${qemu}`,
    `       results go to ${out}`,
    '',
  ].join('\n');
}

/** What the HTML page of the run says besides what the tests hand over. */
function page(
  options: CheckedOptions,
  daemon: ChosenDaemon,
  kernel: string,
  lvmVersion: string | undefined,
  { tests }: Selection,
  suite: SelectionSource,
): NonNullable<RunPlan['page']> {
  const again = againOf(options.tier, suite);
  const locate = locateIn(projectRoot);
  const run = { options: effective(options, daemon), seed: options.seed };
  return {
    title: `ulogcheck: ${daemon.profile.name} on ${kernel}, ${userlandText({ ...options, lvmVersion })}`,
    tests: Object.fromEntries(
      tests.map(({ title, file }) => [
        title,
        { line: locate(file, title)?.line ?? 1, again: reproduce(title, kernel, run, again) },
      ]),
    ),
  };
}

/** Whether the node of a test must never have had a daemon in it. */
const startsDaemon = ({ daemon, underTest }: Selection['tests'][number]): boolean =>
  daemon === 'absent' && underTest === 'daemon';

/** Prepares and runs what was selected, and returns the exit status; trouble of the host throws. */
async function runSelected(
  options: CheckedOptions,
  started: Date,
  suite: SelectionSource,
  selection: Selection,
  daemon: ChosenDaemon,
  reporting: Reporting,
): Promise<number> {
  const { out } = options;
  const stream = process[reporting.progress];
  using interruption = new Interruption();
  // Without a test no node is needed; the results still say what is missing.
  const prepared: Prepared =
    selection.tests.length === 0
      ? { kernelRelease: options.kernel, qemu: 'not needed', environment: null }
      : await prepareMachine(
          {
            kernel: options.kernel,
            daemons: [daemon.reference],
            userland: options.userland,
            lvm: options.lvm,
            qemu: options.qemu,
            golden: selection.tests.some(startsDaemon) ? 'both' : 'ready',
          },
          progressPrinter(stream, reporting.style),
          interruption,
        );
  // Playwright begins with the tests of the first project.
  const plannedRun = (project: string, tests: Selection['tests']): RunPlan['runs'][number] => ({
    project,
    daemon: daemon.reference,
    mutant: null,
    directory: out,
    tests: tests.map(plannedTest),
  });
  const plan: RunPlan = {
    schemaVersion: 1,
    out,
    seed: options.seed,
    workers: options.workers,
    kernel: prepared.kernelRelease,
    userland: options.userland,
    tier: options.tier,
    ...(options.keep === undefined ? {} : { keep: options.keep === true ? 'failed' : options.keep }),
    environment: prepared.environment,
    runs: [
      plannedRun(
        'first',
        selection.tests.filter(({ startsFirst }) => startsFirst === true),
      ),
      plannedRun(
        'run',
        selection.tests.filter(({ startsFirst }) => startsFirst !== true),
      ),
    ],
    ...(reporting.runnerPage(1)
      ? { page: page(options, daemon, prepared.kernelRelease, prepared.lvmVersion, selection, suite) }
      : {}),
  };
  stream.write(announcement(plan, prepared, daemon.profile.name, options.lvm));
  const outcomes = await executePlan(plan, interruption, reporting.progress);
  const all = results(options, daemon, selection, suite, { plan, outcomes, prepared, started });
  await writeJsonAtomically(join(out, 'results.json'), all);
  await moveLatest(out, process.cwd());
  return await reporting.end(all, { out, again: againOf(options.tier, suite) });
}

/** Runs the suite as `options` say and returns the exit status; bad usage and trouble of the host throw. */
async function run(options: RunOptions): Promise<number> {
  const started = new Date();
  const reporting = new Reporting(options);
  const daemon = await chooseDaemon(options.daemon);
  const suite = withSelfTests(await loadSuite(), daemon.profile);
  const selection = selectTests(options.grep, options.tier, suite);
  checkKernelWord(options.kernel);
  const qemu = checkQemuPath(options.qemu);
  if (options.list) {
    process.stdout.write(renderList(selection, styleOf(process.stdout)));
    return 0;
  }
  const out = await prepareOut(options.out, process.cwd(), started);
  const programs = selection.tests.filter(({ program }) => program !== undefined);
  reporting.begin(selection.requirements.length + programs.length);
  try {
    return await runSelected({ ...options, qemu, out }, started, suite, selection, daemon, reporting);
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}
