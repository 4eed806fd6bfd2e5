import { join, relative } from 'node:path';
import type { Shard } from '../plan/asked.js';
import { testDirectory, type PlannedKernel, type PlannedRun, type RunPlan } from '../plan/run-plan.js';
import type { OutcomesFile, TestOutcome } from '../results/model.js';
import { programWithoutOutput } from '../results/programs.js';
import { UsageError } from './errors.js';
import type { RunRequest } from './run-request.js';

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

/** A kernel that several shards had: tested, if one of them tested it. */
function mergeKernels(mine: PlannedKernel, other: PlannedKernel): PlannedKernel {
  const [known, unknown] = mine.state === 'ready' ? [mine, other] : [other, mine];
  if (
    known.state === 'ready' &&
    unknown.state === 'ready' &&
    JSON.stringify(known.identity) !== JSON.stringify(unknown.identity)
  ) {
    throw new UsageError(`merge: the kernel ${mine.label} is not the same in all shards that tested it`);
  }
  return { ...known, preparedMs: mine.preparedMs + other.preparedMs };
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
  const { suite, suiteDigest, catalogue, argv, options } = plan.asked;
  const started = shards.map(({ plan: { asked } }) => asked.started).sort()[0] ?? plan.asked.started;
  return {
    ...plan,
    asked: { suite, suiteDigest, catalogue, argv, options, started },
    ...(machine === undefined ? {} : { machine: { ...machine, qemu } }),
    kernels: [...kernels.values()],
    runs: mergeRuns(shards, plan.out),
  };
}

/**
 * What stands for the tests of a shard that could not prepare a kernel, if another shard did: the kernel counts as tested,
 * and only these tests have no outcome.
 */
export function standIns(shards: readonly ShardPlan[], merged: RunPlan): OutcomesFile['outcomes'] {
  return shards.flatMap(({ plan }) =>
    plan.runs.flatMap((run) => {
      const mine = plan.kernels.find(({ label }) => label === run.kernel);
      const whole = merged.kernels.find(({ label }) => label === run.kernel);
      const target = merged.runs.find(({ project }) => project === run.project);
      if (mine === undefined || target === undefined || whole?.state !== 'ready') return [];
      const { state, reason } = mine;
      if (state === 'ready' || state === 'waiting') return [];
      return run.tests.map((test) => ({
        project: run.project,
        outcome: {
          ...{ test: test.title, file: test.file, ids: test.ids, tier: test.tier, underTest: test.underTest },
          ...{ kernel: run.kernel, userland: plan.userland, daemon: run.daemon, seed: plan.seed },
          startedAt: plan.asked.started,
          durationMs: 0,
          judgements: test.ids.map((id) => ({ id, verdict: state, reason, observed: '', evidence: [] })),
          notes: [],
          ...(test.ids.length > 0 || state !== 'infra'
            ? {}
            : {
                program: programWithoutOutput({ command: ['(not started)'], format: 'tap' }, state, reason),
              }),
          directory: testDirectory(target, test.title),
        } satisfies TestOutcome,
      }));
    }),
  );
}
