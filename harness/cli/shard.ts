import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { AskedOptions, Shard } from '../plan/asked.js';
import { PLAN_VARIABLE, type RunPlan } from '../plan/run-plan.js';
import { writeJsonAtomically } from '../results/write.js';
import { ownedTempDir, runOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import { UsageError } from './errors.js';
import { playwrightCli } from './playwright.js';

/** Loading the spec files takes seconds. */
const LIST_DEADLINE_MS = 120_000;

/** The argument of `--shard`: `2/4`. */
export function shardArgument(value: string): Pick<Shard, 'index' | 'total'> {
  const [, index, total] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).map(Number);
  if (index === undefined || total === undefined || index < 1 || total < 1 || index > total) {
    throw new InvalidArgumentError('It is N/M: the N-th of M parts, N from 1 to M.');
  }
  return { index, total };
}

/** The seed of a sharded run that was given none: the same for all shards, since they were asked the same. */
export function commonSeed(options: AskedOptions, catalogueDigest: string): number {
  const hash = createHash('sha256').update(JSON.stringify([options, catalogueDigest]));
  return hash.digest().readUInt32BE() >>> 1;
}

interface ListedSuite {
  readonly suites?: readonly ListedSuite[] | undefined;
  readonly specs: readonly {
    readonly title: string;
    readonly tests: readonly { readonly projectName: string }[];
  }[];
}

const listedSuite: z.ZodType<ListedSuite> = z.object({
  suites: z.lazy(() => z.array(listedSuite)).optional(),
  specs: z.array(z.object({ title: z.string(), tests: z.array(z.object({ projectName: z.string() })) })),
});
const listing = z.object({
  suites: z.array(listedSuite),
  errors: z.array(z.object({ message: z.string().optional() })),
});

/** `project` and title of a test, as one key. */
function keyOf(project: string, title: string): string {
  return `${project}\0${title}`;
}

function keysIn({ suites = [], specs }: ListedSuite): string[] {
  const own = specs.flatMap(({ title, tests }) => tests.map(({ projectName }) => keyOf(projectName, title)));
  return [...own, ...suites.flatMap(keysIn)];
}

/** Asks Playwright which tests of a plan it would run as this shard. */
async function testsOfShard(
  plan: RunPlan,
  { index, total }: Pick<Shard, 'index' | 'total'>,
  config: string,
): Promise<ReadonlySet<string>> {
  await using directory = await ownedTempDir('ulogcheck-shard-');
  const path = join(directory.path, 'plan.json');
  const whole: RunPlan = { ...plan, kernels: plan.kernels.map((kernel) => ({ ...kernel, state: 'ready' })) };
  await writeJsonAtomically(path, whole);
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('PLAYWRIGHT_JSON_'));
  const words = ['--list', '--shard', `${index}/${total}`, '--reporter', 'json', '--pass-with-no-tests'];
  const { stdout } = await runOwned(
    [process.execPath, playwrightCli(), 'test', '--config', config, ...words],
    {
      cwd: projectRoot,
      env: {
        ...Object.fromEntries(ours),
        [PLAN_VARIABLE]: path,
        PLAYWRIGHT_TRANSFORM_CACHE_DIR: join(directory.path, 'transformed'),
      },
      deadlineMs: LIST_DEADLINE_MS,
    },
  );
  const { suites, errors } = listing.parse(JSON.parse(stdout));
  const [error] = errors;
  if (error !== undefined)
    throw new Error(`Playwright cannot list the tests: ${error.message ?? 'no reason given'}`);
  return new Set(suites.flatMap(keysIn));
}

/**
 * The part of a plan that is this shard's, by Playwright's own rule: as many tests in each, in the order of the plan, so
 * that most kernels are in one shard only. Kernels without a test of it are left out. Throws {@link UsageError} for a shard
 * that would have nothing to do.
 */
export async function shardOf(
  plan: RunPlan & Required<Pick<RunPlan, 'asked'>>,
  shard: Pick<Shard, 'index' | 'total'>,
  config = join(projectRoot, 'dist', 'playwright.config.js'),
): Promise<RunPlan & Required<Pick<RunPlan, 'asked'>>> {
  const mine = await testsOfShard(plan, shard, config);
  const runs = plan.runs
    .map((run) => ({ ...run, tests: run.tests.filter(({ title }) => mine.has(keyOf(run.project, title))) }))
    .filter(({ tests }) => tests.length > 0);
  if (runs.length === 0) {
    const count = plan.runs.reduce((sum, { tests }) => sum + tests.length, 0);
    throw new UsageError(
      `--shard ${shard.index}/${shard.total}: there is nothing for it to do, the run has ${count} tests. Use fewer shards.`,
    );
  }
  const labels = new Set(runs.map(({ kernel }) => kernel));
  return {
    ...plan,
    runs,
    kernels: plan.kernels.filter(({ label }) => labels.has(label)),
    asked: { ...plan.asked, shard: { ...shard, whole: digestOf(plan.runs) } },
  };
}

/** Changes whenever a kernel or a test of these runs does; their order, and runs without a test, say nothing. */
export function digestOf(runs: RunPlan['runs']): string {
  const what = runs
    .filter(({ tests }) => tests.length > 0)
    .map(({ project, kernel, tests }) => [project, kernel, ...tests.map(({ title }) => title).sort()])
    .map((run) => JSON.stringify(run))
    .sort();
  return createHash('sha256').update(what.join('\n')).digest('hex');
}
