import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { askedSchema } from './asked.js';
import { SIDES, TIERS, type ConformanceTest } from './definition.js';
import { kernelChoiceSchema } from './kernel-choice.js';
import { realDriveSchema } from './real-drive.js';

/** Names the plan to Playwright's processes. */
export const PLAN_VARIABLE = 'ULOGCHECK_PLAN';

/** Where the plan of a run is, relative to `--out`. */
export const PLAN_FILE = 'plan.json';

/** Locked by the run that is at work in `--out`. */
export const RUN_LOCK = 'run.lock';

/** What tests, workers and Playwright itself print, relative to `--out`: to understand the harness itself. */
export const RUNNER_OUTPUT = 'runner-output.txt';

/** Where the page of a run is, relative to `--out`: a directory with `index.html`. */
export const PAGE_DIRECTORY = 'html';

/** Begins a line of a worker that is for the person at the terminal. */
export const KEPT_MARK = 'ulogcheck kept: ';

/** Begins a line of a worker that tells the person at the terminal how to attach a debugger. */
export const GDB_MARK = 'ulogcheck gdb: ';

/** Whose nodes live on after their tests: of tests that did not pass, of all, or none. */
export const KEEP = ['never', 'failed', 'always'] as const;

/** Name of the attachment by which a test hands over its `outcome.json`. */
export const OUTCOME_ATTACHMENT = 'ulogcheck-outcome';

const plannedTestSchema = z.strictObject({
  title: z.string(),
  file: z.string(),
  ids: z.array(z.string()),
  tier: z.enum(TIERS),
  underTest: z.enum(SIDES),
  /** For the page: the line of its definition, from 1, and the command that runs it again. */
  line: z.exactOptional(z.int().positive()),
  again: z.exactOptional(z.string()),
});

/** A test that a run is going to run. */
export type PlannedTest = Readonly<z.infer<typeof plannedTestSchema>>;

const plannedRunSchema = z.strictObject({
  /** Name of the Playwright project. */
  project: z.string(),
  /** Label of the kernel. */
  kernel: z.string(),
  /** Name of a profile, or the absolute path of one. */
  daemon: z.string(),
  /** The mutant that the daemon, or the drive, is, if it is one. */
  mutant: z.string().nullable(),
  /** The broken drive, by name, that the drives of its tests are; absent: good ones. */
  drives: z.exactOptional(z.string()),
  /** Real drives of this machine, the one under test first: its tests run on them, without nodes. */
  realDrives: z.exactOptional(z.array(realDriveSchema).min(1)),
  /** Absolute; each test has a directory of its own in it, see {@link testDirectory}. */
  directory: z.string(),
  tests: z.array(plannedTestSchema),
  /** Titles of those that are not to be run: they were, before the run was interrupted. */
  done: z.exactOptional(z.array(z.string())),
  /** No more of its tests at a time, whatever the number of workers. */
  workers: z.exactOptional(z.int().positive()),
});

/** Tests that share one kernel and one daemon. */
export type PlannedRun = Readonly<z.infer<typeof plannedRunSchema>>;

const plannedKernelSchema = kernelChoiceSchema.extend({
  /** waiting: not prepared yet. ready: its tests can run, or did. The others as in results.json. */
  state: z.enum(['waiting', 'ready', 'not-applicable', 'infra']),
  /** Why it is not tested; empty otherwise. */
  reason: z.string(),
  /** Fetching, building, booting golden nodes; milliseconds, over all sessions of the run. */
  preparedMs: z.number().nonnegative(),
  /** Changes whenever a byte of the kernel may; empty until it was fetched. */
  identity: z.array(z.string()),
  /** What was prepared of it; the fixtures know its shape. Null unless ready. */
  environment: z.unknown(),
});

/** A kernel of a run, and what became of it so far. */
export type PlannedKernel = Readonly<z.infer<typeof plannedKernelSchema>>;

const runPlanSchema = z.strictObject({
  schemaVersion: z.literal(2),
  /** Absolute path of `--out`. */
  out: z.string(),
  seed: z.int().nonnegative(),
  workers: z.int().positive(),
  userland: z.string(),
  tier: z.enum(TIERS),
  keep: z.exactOptional(z.enum(KEEP)),
  /** dump: the memory of nodes whose kernels panic is saved. gdb: nodes wait for a debugger before they are driven. */
  debug: z.exactOptional(z.strictObject({ dump: z.boolean(), gdb: z.boolean() })),
  /** What was asked; only of plans of `ulogcheck run`. */
  asked: z.exactOptional(askedSchema),
  /** What all kernels share, once it is prepared: for results.json. */
  machine: z.exactOptional(z.strictObject({ qemu: z.string(), lvmVersion: z.string() })),
  /** Oldest first, each label once. */
  kernels: z.array(plannedKernelSchema).min(1),
  /** Profiles of daemons whose self tests may be run, by what the runs call the daemon. */
  profiles: z.exactOptional(z.record(z.string(), z.unknown())),
  runs: z.array(plannedRunSchema),
  /** The page that Playwright makes of the run; without it none is made. */
  page: z.exactOptional(z.strictObject({ title: z.string() })),
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

/** A plan with its paths in `directory`, into which it was copied or moved from where it was made. */
export function planAt(plan: RunPlan, directory: string): RunPlan {
  return {
    ...plan,
    out: directory,
    runs: plan.runs.map((run) => ({ ...run, directory: join(directory, relative(plan.out, run.directory)) })),
  };
}

/** The tests of a run that are still to be run and can be: none if its kernel is not ready. */
export function remainingTests(plan: Pick<RunPlan, 'kernels'>, run: PlannedRun): readonly PlannedTest[] {
  if (kernelOf(plan, run).state !== 'ready') return [];
  const done = new Set(run.done);
  return run.tests.filter(({ title }) => !done.has(title));
}

/** The kernel of a run. Throws {@link PlanError}. */
export function kernelOf(
  plan: Pick<RunPlan, 'kernels'>,
  { kernel }: Pick<PlannedRun, 'kernel'>,
): PlannedKernel {
  const found = plan.kernels.find(({ label }) => label === kernel);
  if (found === undefined) throw new PlanError(`the plan has no kernel ${kernel}`);
  return found;
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

/** The compiled spec file of a test, relative to the directory of all of them. */
export function compiledSpec({ file }: Pick<PlannedTest, 'file'>): string {
  return file.replace(/^conformance\//, '').replace(/\.ts$/, '.js');
}

/**
 * Matches exactly the planned test in Playwright's `grep`, whose subject is the project, the file below the
 * test directory, the titles of enclosing groups, the title and its tags, joined by blanks. Anchored at the begin, since
 * each project asks it of each test of each file.
 */
export function grepFor(project: string, test: PlannedTest): RegExp {
  const begin = escapeRegExp(`${project} ${compiledSpec(test)} `);
  return new RegExp(`^ ?${begin}(?:.* )?${escapeRegExp(test.title)}(?: @\\S+)*$`);
}
