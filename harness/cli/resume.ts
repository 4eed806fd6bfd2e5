import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withSelfTests } from '../lab/self-tests.js';
import type { AskedOptions, Shard } from '../plan/asked.js';
import { PLAN_FILE, PlanError, planAt, readRunPlan, type RunPlan } from '../plan/run-plan.js';
import { selectTests } from '../plan/select.js';
import { collectOutcomes, withoutDone } from '../results/collect-outcomes.js';
import {
  OUTCOMES_FILE,
  outcomesFileSchema,
  RESULTS_SCHEMA_VERSION,
  type OutcomesFile,
} from '../results/model.js';
import { readResults } from '../results/read.js';
import { beginReport, conclude, conduct, type Earlier } from './conduct.js';
import { chooseDaemon } from './daemon-option.js';
import { describeCatalogue, suiteVersion } from './describe-run.js';
import { UsageError } from './errors.js';
import type { Interruption } from './interruption.js';
import { kernelsToPrepare } from './prepare-plan.js';
import type { Reporting } from './reporting.js';
import { suiteDigest, type RunRequest } from './run-request.js';
import { loadSuite } from './suite.js';

/** Options on the command line beside `--resume`, as far as they were given there. */
export type GivenOptions = {
  readonly [name in keyof Omit<AskedOptions, 'kernels' | 'grep' | 'gdb' | 'drives'>]?:
    AskedOptions[name] | undefined;
} & {
  readonly kernel: readonly string[] | undefined;
  readonly grep: readonly string[] | undefined;
  readonly seed: number | undefined;
  readonly gdb: boolean | undefined;
  readonly dump: boolean | undefined;
  /** Absolute. */
  readonly qemu: string | undefined;
  readonly out: string | undefined;
  readonly shard: Pick<Shard, 'index' | 'total'> | undefined;
};

/** What may be another way than before. */
export interface Changes {
  readonly workers: number | undefined;
  readonly keep: RunPlan['keep'] | undefined;
}

/** Reads the plan of a run by its directory. Throws {@link UsageError}. */
export function readPlanOf(directory: string, option: string): RunRequest['plan'] {
  const refuse = (why: string): never => {
    throw new UsageError(
      `${option} ${directory}: ${why}. Give the directory of a run, such as reports/out/latest.`,
    );
  };
  try {
    const plan = planAt(readRunPlan(join(directory, PLAN_FILE)), resolve(directory));
    const { asked } = plan;
    if (asked?.options.drives !== undefined) return refuse('is of real drives, and those are begun anew');
    return asked === undefined ? refuse('is not of `ulogcheck run`') : { ...plan, asked };
  } catch (error) {
    if (error instanceof PlanError)
      return refuse(`holds no plan of this version of ulogcheck (${error.message})`);
    throw error;
  }
}

/** Looks up what a plan speaks of. Throws {@link UsageError} if the suite is not that of the plan any more. */
export async function requestOfPlan(plan: RunRequest['plan'], option: string): Promise<RunRequest> {
  const { asked } = plan;
  const { profile } = await chooseDaemon(asked.options.daemon);
  const suite = withSelfTests(await loadSuite(), profile);
  const now = suiteVersion();
  const changed =
    asked.suite.version !== now.version
      ? `version ${asked.suite.version} of the suite, and this is ${now.version}`
      : asked.catalogue.digest !== describeCatalogue(suite.catalogue).digest
        ? 'another catalogue of requirements'
        : asked.suiteDigest !== suiteDigest()
          ? 'other tests, or another harness (the compiled files differ)'
          : undefined;
  const refuse = (what: string): never => {
    throw new UsageError(
      `${option} ${plan.out}: the run was begun with ${what}; its results would be mixed. Start a new run.`,
    );
  };
  if (changed !== undefined) refuse(changed);
  const selection = selectTests(asked.options.grep, asked.options.tier, suite);
  const known = new Set(selection.tests.map(({ title }) => title));
  const lost = plan.runs.flatMap(({ tests }) => tests).find(({ title }) => !known.has(title));
  if (lost !== undefined) refuse(`a test that is gone, "${lost.title}"`);
  return { plan, suite, selection, profile };
}

function checkContradictions({ asked, seed, out, debug }: RunRequest['plan'], given: GivenOptions): void {
  const { options, qemu, shard } = asked;
  const were: Readonly<Record<string, unknown>> = {
    ...options,
    ...{ kernel: options.kernels, lvm: options.lvm ?? 'stock', seed, out, qemu },
    ...{ gdb: debug?.gdb ?? false, dump: debug?.dump ?? false },
    shard: shard && { index: shard.index, total: shard.total },
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || JSON.stringify(were[name]) === JSON.stringify(value)) continue;
    const text = (one: unknown): string =>
      one === undefined
        ? 'not given'
        : typeof one === 'string'
          ? one
          : Array.isArray(one)
            ? one.join(',')
            : JSON.stringify(one);
    throw new UsageError(
      `--${name === 'grep' ? 'grep' : name} ${text(value)}: the run in ${out} was begun otherwise (${text(were[name])}). ` +
        '--resume takes its options from there; leave them out, or start a new run.',
    );
  }
}

function withoutPage(plan: RunRequest['plan']): RunRequest['plan'] {
  const copy = { ...plan };
  Reflect.deleteProperty(copy, 'page');
  return copy;
}

/** What there is of a run already, by its directory. */
export async function earlierOf(plan: RunPlan): Promise<Earlier & { readonly interrupted: boolean }> {
  const outcomes = await collectOutcomes(plan);
  const text = await readFile(join(plan.out, OUTCOMES_FILE), 'utf8').catch(() => '{}');
  // Without the file the last session was killed, and what it had to say besides its tests is lost; not that of others.
  const file = outcomesFileSchema.safeParse(parsed(text)).data;
  const before = await readResults(plan.out).catch(() => undefined);
  return {
    outcomes,
    errors: file?.errors ?? before?.run.errors ?? [],
    interrupted: file?.interrupted ?? false,
    durationMs: before?.run.durationMs ?? timeUntilLast(plan, outcomes),
    sessions: (before?.run.resumed ?? 0) + 1,
  };
}

/** Of a run that was killed: from its begin to the end of its last test, milliseconds. */
function timeUntilLast({ asked }: RunPlan, outcomes: OutcomesFile['outcomes']): number {
  const began = Date.parse(asked?.started ?? '');
  const ends = outcomes.map(({ outcome }) => Date.parse(outcome.startedAt) + outcome.durationMs);
  return Math.max(0, ...ends.map((end) => end - began));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Goes on with the run in a directory, and returns its exit status: tests that left an outcome are not run again, whatever
 * it was; kernels that could not be prepared are tried again. Throws {@link UsageError} for a directory without a run,
 * for options that contradict it, and when suite, catalogue or kernels are not what they were.
 */
export async function resume(
  directory: string,
  given: GivenOptions,
  { workers, keep }: Changes,
  reporting: Reporting,
  interruption: Interruption,
): Promise<number> {
  const before = readPlanOf(directory, '--resume');
  checkContradictions(before, given);
  const asked: RunRequest['plan'] = {
    // Playwright's page would show the tests of this session only.
    ...withoutPage(before),
    ...(workers === undefined ? {} : { workers }),
    ...(keep === undefined ? {} : { keep }),
  };
  const request = await requestOfPlan(asked, '--resume');
  const earlier = await earlierOf(asked);
  const plan: RunRequest['plan'] = { ...asked, ...withoutDone(asked, earlier.outcomes) };
  beginReport({ ...request, plan }, reporting);
  if (kernelsToPrepare(plan).length > 0) {
    return await conduct({ ...request, plan }, earlier, reporting, interruption);
  }
  const outcomes: OutcomesFile = {
    schemaVersion: RESULTS_SCHEMA_VERSION,
    interrupted: false,
    errors: [...earlier.errors],
    outcomes: earlier.outcomes,
  };
  // Of a run that was killed.
  await rm(join(plan.out, 'runner'), { recursive: true, force: true });
  process[reporting.progress].write(`run    nothing is left to run in ${plan.out}\n`);
  const state = { outcomes, durationMs: earlier.durationMs, resumed: earlier.sessions - 1 };
  return await conclude({ ...request, plan }, state, reporting);
}
