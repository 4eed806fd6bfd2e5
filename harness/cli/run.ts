import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { reproduce } from '../../reports/again.js';
import { styleOf } from '../../reports/style.js';
import { withSelfTests } from '../lab/self-tests.js';
import type { AskedOptions } from '../plan/asked.js';
import { TIERS, type Tier } from '../plan/definition.js';
import { kernelArgument, type KernelChoice } from '../plan/kernel-choice.js';
import type { Lvm } from '../plan/lvm.js';
import { matrixRuns, waitingKernel } from '../plan/matrix.js';
import { KEEP, type PlannedKernel } from '../plan/run-plan.js';
import { selectTests, type Selection, type SelectionSource } from '../plan/select.js';
import { projectRoot } from '../setup/root.mjs';
import { prepareOut } from '../results/write.js';
import { againOf } from './again.js';
import { conduct, NOTHING_EARLIER } from './conduct.js';
import { chooseDaemon, type ChosenDaemon } from './daemon-option.js';
import { describeCatalogue, suiteVersion } from './describe-run.js';
import { Interruption } from './interruption.js';
import { renderList } from './list.js';
import { locateIn } from './locate-test.js';
import { addMachineOptions, checkQemuPath } from './machine-options.js';
import { collected, oneOf, wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';
import { addReportingOptions, Reporting, type ReportingOptions } from './reporting.js';
import { suiteDigest, type RunRequest } from './run-request.js';
import { loadSuite } from './suite.js';

/** What `ulogcheck run` was asked. */
interface RunOptions extends ReportingOptions {
  readonly kernel: readonly string[];
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
  addReportingOptions(addMachineOptions(command, 'several kernels')).action(
    async (options: Omit<RunOptions, 'seed'> & { readonly seed?: number }) => {
      finish(await run({ ...options, seed: options.seed ?? randomInt(SEED_LIMIT) }));
    },
  );
}

/** The options as results.json keeps them. */
function effective(options: CheckedOptions, daemon: ChosenDaemon): AskedOptions {
  return {
    kernels: [...options.kernel],
    daemon: daemon.reference,
    userland: options.userland,
    lvm: options.lvm,
    tier: options.tier,
    grep: [...options.grep],
    strict: options.strict,
  };
}

/** The kernels that `--kernel` names. Without a test none is looked for; the results still say what is missing. */
async function chooseKernels(
  options: RunOptions,
  daemon: ChosenDaemon,
  { tests }: Selection,
  reporting: Reporting,
  interruption: Interruption,
): Promise<KernelChoice[]> {
  const { kernel: specs, userland, lvm } = options;
  if (tests.length === 0) return [...new Set(specs)].map(unneededKernel);
  const { chooseRunKernels } = await import('../lab/choose.js');
  const progress = progressPrinter(process[reporting.progress], reporting.style);
  const shared = { daemons: [daemon.reference], userland, lvm };
  return await interruption.during('set-up', chooseRunKernels(specs, shared, progress));
}

function unneededKernel(spec: string): KernelChoice {
  const none = { release: spec, version: spec, packageVersion: null, suite: null, flavour: '' };
  return { ...none, spec, label: spec, source: 'debian', origin: null };
}

/** What is to be done, before anything of it is. */
function requestOf(
  options: CheckedOptions,
  daemon: ChosenDaemon,
  suite: SelectionSource,
  selection: Selection,
  choices: readonly KernelChoice[],
  started: Date,
): RunRequest {
  const { out, seed, workers, userland, tier, keep, qemu, html } = options;
  const asked = effective(options, daemon);
  const again = againOf(tier, suite);
  const locate = locateIn(projectRoot);
  const words = new Map(choices.map((choice) => [choice.label, kernelArgument(choice)]));
  const kernels = choices.map((choice): PlannedKernel =>
    selection.tests.length > 0 ? waitingKernel(choice) : { ...waitingKernel(choice), state: 'ready' },
  );
  return {
    suite,
    selection,
    profile: daemon.profile,
    plan: {
      schemaVersion: 2,
      ...{ out, seed, workers, userland, tier, kernels },
      ...(keep === undefined ? {} : { keep: keep === true ? 'failed' : keep }),
      asked: {
        suite: suiteVersion(),
        suiteDigest: suiteDigest(),
        catalogue: describeCatalogue(suite.catalogue),
        started: started.toISOString(),
        argv: process.argv.slice(2),
        options: asked,
        ...(qemu === undefined ? {} : { qemu }),
      },
      profiles: { [daemon.reference]: daemon.profile },
      runs: matrixRuns({
        ...{ kernels, tests: selection.tests, daemon: daemon.reference, out },
        machine: { workers, cores: availableParallelism() },
        ...(html && {
          facts: ({ title, file }, label) => ({
            line: locate(file, title)?.line ?? 1,
            again: reproduce(title, words.get(label) ?? label, { options: asked, seed }, again),
          }),
        }),
      }),
      ...(html && { page: { title: pageTitle(daemon, choices, userland) } }),
    },
  };
}

function pageTitle({ profile }: ChosenDaemon, choices: readonly KernelChoice[], userland: string): string {
  const [only] = choices;
  const kernels = choices.length === 1 ? (only?.label ?? '') : `${choices.length} kernels`;
  return `ulogcheck: ${profile.name} on ${kernels}, ${userland}`;
}

/** Runs the suite as `options` say and returns the exit status; bad usage and trouble of the host throw. */
async function run(given: RunOptions): Promise<number> {
  const started = new Date();
  const options = { ...given, kernel: given.kernel.length === 0 ? ['stable'] : given.kernel };
  const reporting = new Reporting(options);
  const daemon = await chooseDaemon(options.daemon);
  const suite = withSelfTests(await loadSuite(), daemon.profile);
  const selection = selectTests(options.grep, options.tier, suite);
  const qemu = checkQemuPath(options.qemu);
  if (options.list) {
    process.stdout.write(renderList(selection, styleOf(process.stdout)));
    return 0;
  }
  const programs = selection.tests.filter(({ program }) => program !== undefined);
  using interruption = new Interruption();
  try {
    // What an earlier run left in the directory goes only when this one can begin.
    const choices = await chooseKernels(options, daemon, selection, reporting, interruption);
    const checked = { ...options, qemu, out: await prepareOut(options.out, process.cwd(), started) };
    reporting.begin(selection.requirements.length + programs.length, choices.length);
    const request = requestOf(
      { ...checked, html: reporting.runnerPage(choices.length) },
      daemon,
      suite,
      selection,
      choices,
      started,
    );
    return await conduct(request, NOTHING_EARLIER, reporting, interruption);
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}
