import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { renderReport } from '../../reports/terminal.js';
import { styleOf } from '../../reports/style.js';
import { TIERS, type Tier } from '../plan/definition.js';
import { plannedTest, type RunPlan } from '../plan/run-plan.js';
import { selectTests, type Selection, type SelectionSource } from '../plan/select.js';
import { assembleResults } from '../results/assemble.js';
import { exitStatus } from '../results/exit-status.js';
import type { OutcomesFile, RunResults } from '../results/model.js';
import { moveLatest, prepareOut, writeJsonAtomically } from '../results/write.js';
import { againOf } from './again.js';
import { chooseDaemon, type ChosenDaemon } from './daemon-option.js';
import { describeCatalogue, describeHost, suiteVersion } from './describe-run.js';
import { executePlan } from './execute.js';
import { Interruption } from './interruption.js';
import { renderList } from './list.js';
import { addMachineOptions, checkKernelWord, checkQemuPath, prepareMachine } from './machine-options.js';
import { collected, oneOf, wholeNumber } from './options.js';
import { progressPrinter } from './progress-printer.js';
import { loadSuite } from './suite.js';

/** What `ulogcheck run` was asked. */
interface RunOptions {
  readonly kernel: string;
  readonly daemon: string;
  readonly userland: string;
  readonly tier: Tier;
  readonly grep: readonly string[];
  readonly workers: number;
  readonly out?: string;
  readonly list: boolean;
  readonly seed: number;
  readonly strict: boolean;
  readonly qemu?: string;
}

/** Seeds fit in 31 bits, so that every language of a daemon can take one. */
const SEED_LIMIT = 2 ** 31;

/** Defines `ulogcheck run`. `finish` receives the exit status. */
export function addRun(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('run')
    .description('run the conformance suite: boot, drive, record, judge, report')
    .option('--daemon <name|path>', 'daemon under test: a profile by name or by path', 'reference')
    .addOption(new Option('--tier <tier>', 'quick, or full').default('quick').argParser(oneOf(TIERS)))
    .option(
      '-g, --grep <pattern>',
      'requirement id, folder, title, or glob over ids and titles; repeatable',
      collected,
      [],
    )
    .option('--workers <n>', 'tests at a time', wholeNumber(1, 'the number of tests at a time'), 2)
    .option('--out <directory>', 'where results go (default: reports/out/<UTC time>-<id>)')
    .option('--list', 'show what would be run, and run nothing', false)
    .option(
      '--seed <n>',
      'seed of everything random (default: a new one)',
      wholeNumber(0, 'the seed of a run'),
    )
    .option('--strict', 'known defects change the exit status too', false);
  addMachineOptions(command).action(
    async (options: Omit<RunOptions, 'seed'> & { readonly seed?: number }) => {
      finish(await run({ ...options, seed: options.seed ?? randomInt(SEED_LIMIT) }));
    },
  );
}

interface Execution {
  readonly plan: RunPlan;
  readonly outcomes: OutcomesFile;
  readonly qemu: string;
  readonly started: Date;
}

function results(
  options: RunOptions,
  daemon: ChosenDaemon,
  selection: Selection,
  { catalogue }: SelectionSource,
  { plan, outcomes, qemu, started }: Execution,
): RunResults {
  return assembleResults({
    catalogue,
    selected: selection.requirements,
    planned: selection.tests,
    leftOut: selection.leftOut,
    outcomes: outcomes.outcomes.map(({ outcome }) => outcome),
    out: plan.out,
    kernel: plan.kernel,
    userland: options.userland,
    daemon: daemon.profile.name,
    tier: options.tier,
    run: {
      suite: suiteVersion(),
      catalogue: describeCatalogue(catalogue),
      qemu,
      host: describeHost(),
      seed: options.seed,
      started: started.toISOString(),
      argv: process.argv.slice(2),
      options: {
        kernel: options.kernel,
        daemon: daemon.reference,
        userland: options.userland,
        tier: options.tier,
        grep: [...options.grep],
        strict: options.strict,
      },
      durationMs: Date.now() - started.getTime(),
      interrupted: outcomes.interrupted,
      errors: outcomes.errors,
    },
  });
}

/** What is about to happen; nothing when nothing is. */
function announcement({ runs, kernel, workers, out }: RunPlan, qemu: string, daemon: string): string {
  const count = runs.reduce((sum, { tests }) => sum + tests.length, 0);
  if (count === 0) return '';
  return [
    `run    ${count} tests, ${workers} at a time: kernel ${kernel}, daemon ${daemon}`,
    `       ${qemu}`,
    `       results go to ${out}`,
    '',
  ].join('\n');
}

/** Runs the suite as `options` say and returns the exit status; bad usage and trouble of the host throw. */
async function run(options: RunOptions): Promise<number> {
  const started = new Date();
  const style = styleOf(process.stdout);
  const suite = await loadSuite();
  const selection = selectTests(options.grep, options.tier, suite);
  const kernel = checkKernelWord(options.kernel);
  const qemu = checkQemuPath(options.qemu);
  const daemon = await chooseDaemon(options.daemon);
  if (options.list) {
    process.stdout.write(renderList(selection, style));
    return 0;
  }
  const out = await prepareOut(options.out, process.cwd(), started);
  using interruption = new Interruption();
  // Without a test there is nothing to boot; the results still say what is missing.
  const prepared =
    selection.tests.length === 0
      ? { kernelRelease: kernel, qemu: 'not needed', environment: null }
      : await prepareMachine(
          { kernel, daemons: [daemon.reference], userland: options.userland, qemu, golden: 'ready' },
          progressPrinter(process.stdout, style),
          interruption,
        );
  const plan: RunPlan = {
    schemaVersion: 1,
    out,
    seed: options.seed,
    workers: options.workers,
    kernel: prepared.kernelRelease,
    userland: options.userland,
    tier: options.tier,
    environment: prepared.environment,
    runs: [
      {
        project: 'run',
        daemon: daemon.reference,
        mutant: null,
        directory: out,
        tests: selection.tests.map(plannedTest),
      },
    ],
  };
  process.stdout.write(announcement(plan, prepared.qemu, daemon.profile.name));
  const outcomes = await executePlan(plan, interruption);
  const all = results(options, daemon, selection, suite, { plan, outcomes, qemu: prepared.qemu, started });
  await writeJsonAtomically(join(out, 'results.json'), all);
  await moveLatest(out, process.cwd());
  process.stdout.write(renderReport(all, out, againOf(options.tier, suite), style));
  return exitStatus(all.requirements, { ...outcomes, strict: options.strict });
}
