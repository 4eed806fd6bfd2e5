import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Command } from 'commander';
import { renderMutants } from '../../reports/mutants-terminal.js';
import { styleOf } from '../../reports/style.js';
import { didYouMean } from '../plan/closest.js';
import { type ConformanceTest, DefinitionError } from '../plan/definition.js';
import type { Lvm } from '../plan/lvm.js';
import { knownMutants, type MutantInfo } from '../plan/mutants.js';
import { readyKernel } from '../plan/matrix.js';
import type { PlannedRun, RunPlan } from '../plan/run-plan.js';
import { type SelectionSource, selectTests } from '../plan/select.js';
import { EXIT } from '../results/exit-status.js';
import { RESULTS_SCHEMA_VERSION, type MutantResults } from '../results/model.js';
import { prepareOut, writeJsonAtomically } from '../results/write.js';
import { UsageError } from './errors.js';
import { executePlan } from './execute.js';
import { Interruption } from './interruption.js';
import { judgeMutants } from './judge-run-of-mutants.js';
import { collected, wholeNumber } from './options.js';
import { isSmoke, planMutants } from './plan-mutants.js';
import { addMachineOptions, checkKernelWord, checkQemuPath, prepareMachine } from './machine-options.js';
import { progressPrinter } from './progress-printer.js';
import { loadSuite } from './suite.js';

interface MutantsOptions {
  readonly kernel: string;
  readonly userland: string;
  readonly lvm: Lvm;
  readonly qemu?: string;
  readonly workers: number;
  readonly out?: string;
  readonly seed?: number;
  readonly grep: readonly string[];
}

/** The mutants with these names, all without names. Throws {@link UsageError}. */
function chooseMutants(names: readonly string[], all: readonly MutantInfo[]): readonly MutantInfo[] {
  for (const name of names) {
    if (all.some((mutant) => mutant.name === name)) continue;
    const known = all.map((mutant) => mutant.name);
    const near = didYouMean(name, known);
    throw new UsageError(`there is no mutant ${name}.${near === '' ? ` Known: ${known.join(', ')}.` : near}`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/**
 * Those that the selected tests name. One that was asked for and that none of them names would survive without having
 * been looked at. Throws {@link UsageError}.
 */
export function chooseNamed<M extends Pick<MutantInfo, 'name'>>(
  mutants: readonly M[],
  named: ReadonlySet<string>,
  asked: boolean,
): readonly M[] {
  const found = mutants.filter(({ name }) => named.has(name));
  const lost = mutants.filter(({ name }) => !named.has(name)).map(({ name }) => name);
  if (asked && lost.length > 0)
    throw new UsageError(`no test that -g selects names the mutant ${lost.join(', ')}`);
  if (found.length === 0) throw new UsageError('the tests that -g selects name no mutant');
  return found;
}

/** 130 interrupted, 69 infra, 1 a mutant survived or proves nothing, 0. */
export function mutantsStatus(
  { mutants }: MutantResults,
  interrupted: boolean,
  errors: readonly string[],
): number {
  if (interrupted) return EXIT.interrupted;
  if (errors.length > 0 || mutants.some(({ verdict }) => verdict === 'infra')) return EXIT.infra;
  if (mutants.some(({ verdict }) => verdict === 'survived' || verdict === 'weak')) return EXIT.failed;
  return mutants.some(({ verdict }) => verdict === 'killed') ? EXIT.ok : EXIT.infra;
}

/** The tests that the patterns select; all without patterns. Throws SelectionError. */
function testsFor(suite: SelectionSource, patterns: readonly string[]): readonly ConformanceTest[] {
  return patterns.length === 0 ? suite.tests : selectTests(patterns, 'full', suite).tests;
}

async function runMutants(names: readonly string[], options: MutantsOptions): Promise<number> {
  const started = new Date();
  const style = styleOf(process.stdout);
  const all = await loadSuite();
  const selected = testsFor(all, options.grep);
  const named = new Set(selected.flatMap(({ mutants }) => mutants));
  // The plain-mirror tests are the control of broken daemons, whatever was selected.
  const suite = { ...all, tests: all.tests.filter((test) => selected.includes(test) || isSmoke(test)) };
  const candidates = knownMutants();
  const chosen =
    options.grep.length === 0
      ? chooseMutants(names, candidates)
      : chooseNamed(chooseMutants(names, candidates), named, names.length > 0);
  if (!suite.tests.some(isSmoke)) {
    throw new DefinitionError(
      'no conformance test has the word "smoke" in its title, so nothing shows that a mutant still serves a plain ' +
        'mirror. Write one that creates, writes and removes a mirror.',
    );
  }
  const kernel = checkKernelWord(options.kernel);
  const qemu = checkQemuPath(options.qemu);
  const out = await prepareOut(options.out, process.cwd(), started);
  // The daemons of the runs must be known before the kernel is.
  const plannedOn = (label: string): PlannedRun[] => planMutants(chosen, suite.tests, out, label);
  using interruption = new Interruption();
  const prepared = await prepareMachine(
    {
      kernel,
      daemons: [...new Set(plannedOn('').map(({ daemon }) => daemon))],
      userland: options.userland,
      lvm: options.lvm,
      qemu,
      golden: 'booted',
    },
    progressPrinter(process.stdout, style),
    interruption,
  );
  const runs = plannedOn(prepared.label);
  const plan: RunPlan = {
    schemaVersion: 2,
    out,
    seed: options.seed ?? randomInt(2 ** 31),
    workers: options.workers,
    userland: options.userland,
    tier: 'full',
    kernels: [readyKernel(prepared)],
    runs,
  };
  const count = runs.reduce((sum, { tests }) => sum + tests.length, 0);
  process.stdout.write(
    `run    ${count} tests in ${runs.length} runs, ${options.workers} at a time: kernel ${prepared.release}, ${prepared.qemu}\n`,
  );
  const outcomes = await executePlan(plan, interruption);
  const results: MutantResults = {
    schemaVersion: RESULTS_SCHEMA_VERSION,
    mutants: await judgeMutants(chosen, suite, outcomes, prepared.version),
  };
  const path = join(out, 'mutants.json');
  await writeJsonAtomically(path, results);
  for (const error of outcomes.errors) process.stdout.write(`infra  ${error}\n`);
  process.stdout.write(`${renderMutants(results, style)}results: ${path}\n`);
  return mutantsStatus(results, outcomes.interrupted, outcomes.errors);
}

/** Defines `ulogcheck mutants`. */
export function addMutants(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('mutants [names...]')
    .description('break the daemon and recorded histories on purpose, and see that the suite notices')
    .option(
      '-g, --grep <pattern>',
      'only tests that match, as for `run`, and without names only mutants that they name; can be repeated',
      collected,
      [],
    )
    .option('--workers <n>', 'tests at a time', wholeNumber(1, 'the number of tests at a time'), 2)
    .option('--out <directory>', 'where results go (default: reports/out/<UTC time>-<id>)')
    .option(
      '--seed <n>',
      'seed of everything random (default: a new one)',
      wholeNumber(0, 'the seed of a run'),
    );
  addMachineOptions(command).action(async (names: readonly string[], options: MutantsOptions) => {
    finish(await runMutants(names, options));
  });
}
