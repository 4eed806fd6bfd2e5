import { cp } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { testDirectory, PLAN_FILE, type PlannedRun, type RunPlan } from '../plan/run-plan.js';
import { collectOutcomes } from '../results/collect-outcomes.js';
import { RESULTS_SCHEMA_VERSION, type OutcomesFile } from '../results/model.js';
import { exists } from '../setup/exists.js';
import { prepareOut, writeJsonAtomically } from '../results/write.js';
import { beginReport, conclude } from './conduct.js';
import { UsageError } from './errors.js';
import { mergePlans, standIns, type ShardPlan } from './merge-plans.js';
import { addReportingOptions, Reporting, type ReportingOptions } from './reporting.js';
import { earlierOf, readPlanOf, requestOfPlan } from './resume.js';

interface MergeOptions extends ReportingOptions {
  readonly out?: string;
}

/** Copies what the tests of a shard left to where the tests of the whole have their directories. */
async function copyTests(from: RunPlan, to: RunPlan): Promise<void> {
  for (const run of from.runs) {
    const target = to.runs.find(({ project }) => project === run.project);
    if (target === undefined) throw new Error(`the merged plan has no run ${run.project}`);
    for (const { title } of run.tests) await copyTest(run, target, title);
  }
}

async function copyTest(from: PlannedRun, to: PlannedRun, title: string): Promise<void> {
  const source = testDirectory(from, title);
  if (await exists(source)) await cp(source, testDirectory(to, title), { recursive: true });
}

/** Throws {@link UsageError} when the results would go into, or over, one of the shards. */
function checkOut(out: string | undefined, shards: readonly string[]): void {
  if (out === undefined) return;
  const target = resolve(out);
  const within = shards.find((shard) => !relative(shard, target).startsWith('..'));
  const around = shards.find((shard) => !relative(target, shard).startsWith('..'));
  const hit = within ?? around;
  if (hit === undefined) return;
  throw new UsageError(
    `--out ${out}: and the shard ${hit} lie in each other. Name a directory beside the shards.`,
  );
}

async function merge(directories: readonly string[], options: MergeOptions): Promise<number> {
  const reporting = new Reporting(options);
  const shards = directories.map((directory): ShardPlan => {
    const plan = readPlanOf(resolve(directory), 'merge');
    const { shard } = plan.asked;
    if (shard === undefined) {
      throw new UsageError(
        `merge ${directory}: is no shard, but a whole run. Name the results of \`run --shard\`.`,
      );
    }
    return { directory, plan, shard };
  });
  checkOut(
    options.out,
    shards.map(({ plan }) => plan.out),
  );
  const merged = mergePlans(shards);
  const request = await requestOfPlan(merged, 'merge');
  const out = await prepareOut(options.out, process.cwd(), new Date());
  try {
    const plan = { ...request.plan, ...movedTo(merged, out) };
    for (const shard of shards) await copyTests(shard.plan, plan);
    const earlier = await Promise.all(shards.map(async (shard) => await earlierOf(shard.plan)));
    const outcomes: OutcomesFile = {
      schemaVersion: RESULTS_SCHEMA_VERSION,
      interrupted: earlier.some(({ interrupted }) => interrupted),
      errors: earlier.flatMap(({ errors }) => errors),
      outcomes: [...(await collectOutcomes(plan)), ...standIns(shards, plan)],
    };
    await writeJsonAtomically(join(out, PLAN_FILE), plan);
    beginReport({ ...request, plan }, reporting);
    // They ran beside each other.
    const durationMs = Math.max(...earlier.map((one) => one.durationMs));
    return await conclude({ ...request, plan }, { outcomes, durationMs, resumed: 0 }, reporting);
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}

/** The paths of a plan that was put together, in the directory that is made for it. */
function movedTo(plan: RunPlan, out: string): Pick<RunPlan, 'out' | 'runs'> {
  const runs = plan.runs.map((run) => ({ ...run, directory: join(out, relative(plan.out, run.directory)) }));
  return { out, runs };
}

/** Defines `ulogcheck merge`: the shards of a run as one result set, with all reports. */
export function addMerge(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('merge')
    .argument('<directories...>', 'results directories of all shards of one run')
    .description('put the shards of a run (`run --shard N/M`) together: results, evidence and reports')
    .option('--out <directory>', 'where results go (default: reports/out/<UTC time>-<id>)');
  addReportingOptions(command).action(async (directories: readonly string[], options: MergeOptions) => {
    finish(await merge(directories, options));
  });
}
