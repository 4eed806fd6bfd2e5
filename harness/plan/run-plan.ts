import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TIERS, type ConformanceTest } from './definition.js';

/** Names the plan to Playwright's processes. */
export const PLAN_VARIABLE = 'ULOGCHECK_PLAN';

/** What tests, workers and Playwright itself print, relative to `--out`: to understand the harness itself. */
export const RUNNER_OUTPUT = 'runner-output.txt';

/** Where the page of a run is, relative to `--out`: a directory with `index.html`. */
export const PAGE_DIRECTORY = 'html';

/** Begins a line of a worker that is for the person at the terminal. */
export const KEPT_MARK = 'ulogcheck kept: ';

/** Whose nodes live on after their tests: of tests that did not pass, of all, or none. */
export const KEEP = ['never', 'failed', 'always'] as const;

/** Name of the attachment by which a test hands over its `outcome.json`. */
export const OUTCOME_ATTACHMENT = 'ulogcheck-outcome';

const plannedTestSchema = z.strictObject({
  title: z.string(),
  file: z.string(),
  ids: z.array(z.string()),
  tier: z.enum(TIERS),
  underTest: z.enum(['daemon', 'kernel']),
});

/** A test that a run is going to run. */
export type PlannedTest = Readonly<z.infer<typeof plannedTestSchema>>;

const plannedRunSchema = z.strictObject({
  /** Name of the Playwright project. */
  project: z.string(),
  /** Name of a profile, or the absolute path of one. */
  daemon: z.string(),
  /** The mutant that the daemon is, if it is one. */
  mutant: z.string().nullable(),
  /** Absolute; each test has a directory of its own in it, see {@link testDirectory}. */
  directory: z.string(),
  tests: z.array(plannedTestSchema),
});

/** Tests that share one daemon. */
export type PlannedRun = Readonly<z.infer<typeof plannedRunSchema>>;

const runPlanSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Absolute path of `--out`. */
  out: z.string(),
  seed: z.int().nonnegative(),
  workers: z.int().positive(),
  kernel: z.string(),
  userland: z.string(),
  tier: z.enum(TIERS),
  keep: z.exactOptional(z.enum(KEEP)),
  /** What `prepareRun` found; the fixtures know its shape. */
  environment: z.unknown(),
  runs: z.array(plannedRunSchema),
  /** The page that Playwright makes of the run; without it none is made. */
  page: z.exactOptional(
    z.strictObject({
      title: z.string(),
      /** By title of the test: the line of its definition, from 1, and the command that runs it again. */
      tests: z.record(z.string(), z.strictObject({ line: z.int().positive(), again: z.string() })),
    }),
  ),
});

/** `plan.json`: what the command line decided, for the processes that do it. */
export type RunPlan = Readonly<z.infer<typeof runPlanSchema>>;

/** The plan has no such run, or there is no plan; only a misuse of the internals leads here. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** The parts of a test that the plan carries. */
export function plannedTest({ title, file, ids, tier, underTest }: ConformanceTest): PlannedTest {
  return { title, file, ids: [...ids], tier, underTest };
}

/** Reads the plan that {@link PLAN_VARIABLE} names. Throws {@link PlanError}. */
export function readRunPlan(path = process.env[PLAN_VARIABLE]): RunPlan {
  if (path === undefined || path === '') {
    throw new PlanError(`${PLAN_VARIABLE} is not set: start the suite with \`ulogcheck run\``);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new PlanError(`${path}: not a plan: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const parsed = runPlanSchema.safeParse(json);
  if (!parsed.success) throw new PlanError(`${path}: not a plan: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The run that a Playwright project stands for. Throws {@link PlanError}. */
export function plannedRunOf(plan: RunPlan, project: string): PlannedRun {
  const run = plan.runs.find((candidate) => candidate.project === project);
  if (run === undefined) throw new PlanError(`the plan has no run named ${project}`);
  return run;
}

/** A readable name for the directory of a test, at most 60 characters and unique by a hash of the title. */
export function testSlug(title: string): string {
  const hash = createHash('sha256').update(title).digest('hex').slice(0, 6);
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 53)
    .replace(/-$/, '');
  return `${words}-${hash}`;
}

/** Where the worker writes the outcome, history, timeline and logs of a test. */
export function testDirectory(run: PlannedRun, title: string): string {
  return join(run.directory, 'tests', testSlug(title));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/**
 * Matches exactly the planned test in Playwright's `grep`, whose subject is the project, the file below the
 * test directory, the titles of enclosing groups, the title and its tags, joined by blanks.
 */
export function grepFor({ file, title }: PlannedTest): RegExp {
  const compiled = file.replace(/^conformance\//, '').replace(/\.ts$/, '.js');
  return new RegExp(`(?:^| )${escapeRegExp(compiled)} (?:.* )?${escapeRegExp(title)}(?: @\\S+)*$`);
}
