import { join, relative } from 'node:path';
import type { Shard } from '../plan/asked.js';
import type { PlannedKernel, PlannedRun, RunPlan } from '../plan/run-plan.js';
import type { OutcomesFile } from '../results/model.js';
import { UsageError } from './errors.js';
import type { RunRequest } from './run-request.js';
import { digestOf } from './shard.js';
import { standIn } from './stand-ins.js';

/** The plan of a shard, and how the user named its directory. */
export interface ShardPlan {
  readonly directory: string;
  readonly plan: RunRequest['plan'];
  readonly shard: Shard;
}

/** What all shards must agree on, and how it is called. */
function agreed({ plan, shard }: ShardPlan): Readonly<Record<string, unknown>> {
  const { asked, seed, machine } = plan;
  return {
    'another number of shards': shard.total,
    'another version of the suite': [asked.suite, asked.suiteDigest],
    'another catalogue': asked.catalogue,
    'other options': asked.options,
    'another seed': seed,
    'other kernels or tests': shard.whole,
    'another version of LVM': machine?.lvmVersion ?? null,
  };
}

/** Throws {@link UsageError} unless these are all shards of one run, each once. */
function checkShards(shards: readonly ShardPlan[]): void {
  const [first] = shards;
  if (first === undefined) throw new UsageError('merge: name the directories of the shards');
  const expected = agreed(first);
  const seen = new Map<number, string>();
  for (const one of shards) {
    for (const [what, value] of Object.entries(agreed(one))) {
      // Where nothing was prepared nothing is known.
      if (value === null || expected[what] === null) continue;
      if (JSON.stringify(value) !== JSON.stringify(expected[what])) {
        throw new UsageError(
          `merge: ${one.directory} has ${what} than ${first.directory}, so that they are no shards of one run` +
            (what === 'another seed' ? '. Give all of them the same --seed.' : '.'),
        );
      }
    }
    const twin = seen.get(one.shard.index);
    if (twin !== undefined) {
      throw new UsageError(
        `merge: ${twin} and ${one.directory} are both shard ${one.shard.index}. Name each once.`,
      );
    }
    seen.set(one.shard.index, one.directory);
  }
  const { total } = first.shard;
  const missing = Array.from({ length: total }, (_unused, index) => index + 1).filter(
    (index) => !seen.has(index),
  );
  if (missing.length > 0) {
    throw new UsageError(
      `merge: of ${total} shards ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. ` +
        'Name the directories of all; run what is missing with `run --shard`.',
    );
  }
}

/**
 * What is kept of a kernel that several shards had, first what says most: one of them tested it; one could not, which must
 * not be lost; one was ended before it came to it, so that its tests are missing; none can.
 */
const STATES: readonly PlannedKernel['state'][] = ['ready', 'infra', 'waiting', 'not-applicable'];

/** A kernel that several shards had. Throws {@link UsageError} when it is not the same in all of them. */
function mergeKernels(mine: PlannedKernel, other: PlannedKernel): PlannedKernel {
  const saysMore = STATES.indexOf(mine.state) <= STATES.indexOf(other.state);
  const [known, unknown] = saysMore ? [mine, other] : [other, mine];
  const differs =
    unknown.state === 'ready'
      ? JSON.stringify(known.identity) !== JSON.stringify(unknown.identity)
      : // The same kernel lacks the same everywhere.
        known.state === 'ready' && unknown.state === 'not-applicable';
  if (differs) {
    throw new UsageError(
      `merge: the kernel ${mine.label} is not the same in all shards` +
        (unknown.state === 'ready' ? ' that tested it' : `: one tested it, in another ${unknown.reason}`),
    );
  }
  return { ...known, preparedMs: mine.preparedMs + other.preparedMs };
}

/** What any of the shards left out, for the reason that the first of them gave. */
function suitesLeftOut(shards: readonly ShardPlan[]): Pick<RunRequest['plan']['asked'], 'suitesLeftOut'> {
  const all = shards.flatMap(({ plan: { asked } }) => asked.suitesLeftOut ?? []);
  const left = all.filter(({ suite }, index) => all.findIndex((other) => other.suite === suite) === index);
  return left.length === 0 ? {} : { suitesLeftOut: left };
}

/** The runs of all plans, those of one project as one; their directories are still below the first plan's. */
function mergeRuns(shards: readonly ShardPlan[], out: string): PlannedRun[] {
  const runs = new Map<string, PlannedRun>();
  for (const { plan } of shards) {
    for (const run of plan.runs) {
      const known = runs.get(run.project);
      const { project, kernel, daemon, mutant, tests, workers } = run;
      runs.set(
        run.project,
        known === undefined
          ? {
              ...{
                project,
                kernel,
                daemon,
                mutant,
                tests,
                directory: join(out, relative(plan.out, run.directory)),
              },
              ...(workers === undefined ? {} : { workers }),
            }
          : { ...known, tests: [...known.tests, ...run.tests] },
      );
    }
  }
  return [...runs.values()];
}

/**
 * The plan of the whole of which these are the shards; its paths are in the directory of the first. Throws
 * {@link UsageError} unless they are all shards of one run, each once.
 */
export function mergePlans(given: readonly ShardPlan[]): RunRequest['plan'] {
  checkShards(given);
  const shards = [...given].sort((a, b) => a.shard.index - b.shard.index);
  const [first] = shards;
  if (first === undefined) throw new Error('there are no shards');
  const { plan } = first;
  const kernels = new Map<string, PlannedKernel>();
  for (const kernel of shards.flatMap((one) => one.plan.kernels)) {
    const known = kernels.get(kernel.label);
    kernels.set(kernel.label, known === undefined ? kernel : mergeKernels(known, kernel));
  }
  const machines = shards.flatMap(({ plan: { machine } }) => (machine === undefined ? [] : [machine]));
  const [machine] = machines;
  const qemu = [...new Set(machines.map((one) => one.qemu))].join('; ');
  const runs = mergeRuns(shards, plan.out);
  if (digestOf(runs) !== first.shard.whole)
    throw new UsageError(
      'merge: the tests of the shards are not those of the run, each once. Run all shards again.',
    );
  const { suite, suiteDigest, catalogue, argv, options } = plan.asked;
  const started = shards.map(({ plan: { asked } }) => asked.started).sort()[0] ?? plan.asked.started;
  return {
    ...plan,
    asked: { suite, suiteDigest, catalogue, argv, options, started, ...suitesLeftOut(shards) },
    ...(machine === undefined ? {} : { machine: { ...machine, qemu } }),
    kernels: [...kernels.values()],
    runs,
  };
}

/**
 * What stands for the tests of a shard that could not prepare a kernel, if the kernel counts as tested in the whole: another
 * shard prepared it, or was ended before. Only these tests have no outcome.
 */
export function standIns(shards: readonly ShardPlan[], merged: RunPlan): OutcomesFile['outcomes'] {
  return shards.flatMap(({ plan }) =>
    plan.runs.flatMap((run) => {
      const mine = plan.kernels.find(({ label }) => label === run.kernel);
      const whole = merged.kernels.find(({ label }) => label === run.kernel);
      const target = merged.runs.find(({ project }) => project === run.project);
      if (mine === undefined || target === undefined || whole === undefined) return [];
      if (whole.state !== 'ready' && whole.state !== 'waiting') return [];
      const { state, reason } = mine;
      if (state === 'ready' || state === 'waiting') return [];
      return run.tests.map((test) =>
        standIn(plan, { ...run, directory: target.directory }, test, state, reason),
      );
    }),
  );
}
