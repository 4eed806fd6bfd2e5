import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { userlandText } from '../../reports/userland-text.js';
import type { ConformanceTest } from '../plan/definition.js';
import { shortName } from '../plan/kernel-choice.js';
import {
  PAGE_DIRECTORY,
  PLAN_FILE,
  remainingTests,
  RUN_LOCK,
  testDirectory,
  type PlannedKernel,
  type RunPlan,
} from '../plan/run-plan.js';
import {
  OUTCOMES_FILE,
  RESULTS_SCHEMA_VERSION,
  type OutcomesFile,
  type RunResults,
} from '../results/model.js';
import { moveLatest, writeJsonAtomically } from '../results/write.js';
import { againOf } from './again.js';
import { assembleRun, type RunState } from './assemble-run.js';
import { tryLock } from '../cache/lock.js';
import { InterruptedError, UsageError } from './errors.js';
import { executePlan } from './execute.js';
import type { Interruption } from './interruption.js';
import { preparePlan } from './prepare-plan.js';
import { progressPrinter } from './progress-printer.js';
import type { Reporting } from './reporting.js';
import type { RunRequest } from './run-request.js';

/** What was there before this session of a run. */
export interface Earlier {
  readonly outcomes: OutcomesFile['outcomes'];
  readonly errors: readonly string[];
  readonly durationMs: number;
  /** How many sessions there were. */
  readonly sessions: number;
}

/** Nothing: the run begins. */
export const NOTHING_EARLIER: Earlier = { outcomes: [], errors: [], durationMs: 0, sessions: 0 };

/** How many tests of a plan can be run now. */
function countRemaining(plan: RunPlan): number {
  return plan.runs.reduce((sum, run) => sum + remainingTests(plan, run).length, 0);
}

/** What is about to happen; nothing when nothing is. */
function announcement({ plan, profile }: RunRequest): string {
  const count = countRemaining(plan);
  const { drives } = plan.asked.options;
  if (drives !== undefined)
    return `run    ${count} tests, one at a time, on ${drives.join(', ')}\n       results go to ${plan.out}\n`;
  if (count === 0 || plan.machine === undefined) return '';
  const ready = plan.kernels.filter(({ state }) => state === 'ready');
  const [only] = ready;
  const { lvm = 'stock' } = plan.asked.options;
  const { qemu, lvmVersion } = plan.machine;
  const { shard } = plan.asked;
  const part = shard === undefined ? '' : `, shard ${shard.index} of ${shard.total}`;
  const kernels =
    plan.kernels.length === 1
      ? `kernel ${only?.label ?? ''}`
      : `${ready.length} kernels (${ready.map((kernel) => shortName(kernel, plan.kernels)).join(', ')})`;
  return [
    `run    ${count} tests, ${plan.workers} at a time${part}: ${kernels}, daemon ${profile.name}`,
    `       userland ${userlandText({ userland: plan.userland, lvmVersion, lvm })}; ${qemu}`,
    `       results go to ${plan.out}`,
    '',
  ].join('\n');
}

/** Whether the node of a test must never have had a daemon in it. */
const startsDaemon = ({ daemon, underTest }: ConformanceTest): boolean =>
  daemon === 'absent' && underTest === 'daemon';

/** Says how much will be reported, before anything is run. */
export function beginReport(request: RunRequest, reporting: Reporting): void {
  const {
    kernels,
    requirements,
    programs = [],
  } = assembleRun(request, {
    outcomes: { schemaVersion: RESULTS_SCHEMA_VERSION, interrupted: false, errors: [], outcomes: [] },
    ...{ durationMs: 0, resumed: 0 },
  });
  const [first] = kernels;
  const entries = [...requirements, ...programs].filter(({ kernel }) => kernel === first?.label);
  reporting.begin(entries.length, kernels.length);
}

/** Writes outcomes.json, results.json and all reports of a run, and returns its exit status. */
export async function conclude(request: RunRequest, state: RunState, reporting: Reporting): Promise<number> {
  const { plan } = request;
  const results: RunResults = assembleRun(request, state);
  await writeJsonAtomically(join(plan.out, OUTCOMES_FILE), state.outcomes);
  await writeJsonAtomically(join(plan.out, 'results.json'), results);
  await moveLatest(plan.out, process.cwd());
  return await reporting.end(results, { out: plan.out, again: againOf(plan.tier, request.suite) });
}

/** What tests left that were cut short, and the page of the tests before. */
async function removeUnfinished(plan: RunPlan): Promise<void> {
  await rm(join(plan.out, PAGE_DIRECTORY), { recursive: true, force: true });
  for (const run of plan.runs) {
    const done = new Set(run.done);
    for (const { title } of run.tests.filter((test) => !done.has(test.title))) {
      await rm(testDirectory(run, title), { recursive: true, force: true });
    }
  }
}

/**
 * Prepares and runs what is left of a run, and returns its exit status; trouble that no kernel can be had without throws.
 * The plan is on disk before anything else, so that the run can be continued however it ends.
 */
export async function conduct(
  asked: RunRequest,
  earlier: Earlier,
  reporting: Reporting,
  interruption: Interruption,
): Promise<number> {
  const began = performance.now();
  await using lock = await tryLock(join(asked.plan.out, RUN_LOCK));
  if (lock === undefined) {
    throw new UsageError(
      `${asked.plan.out}: another run is at work there. Wait for its end, or name another directory.`,
    );
  }
  const stream = process[reporting.progress];
  const planPath = join(asked.plan.out, PLAN_FILE);
  await writeJsonAtomically(planPath, asked.plan);
  if (earlier.sessions > 0) await removeUnfinished(asked.plan);
  const tell = ({ label, state, reason }: PlannedKernel): void => {
    const [first = '', ...more] = reason.split('\n');
    const what = state === 'infra' ? 'infra ' : 'n/a   ';
    stream.write(`${what} kernel ${label}: ${first}\n${more.map((line) => `       ${line}\n`).join('')}`);
  };
  const progress = progressPrinter(stream, reporting.style);
  const onDrives = asked.plan.asked.options.drives !== undefined;
  const golden = asked.selection.tests.some(startsDaemon) ? 'both' : 'ready';
  const again = `continue with: ulogcheck run --resume ${asked.plan.out}\n`;
  // Real drives are here already.
  const plan = onDrives
    ? asked.plan
    : await preparePlan(asked.plan, golden, progress, interruption, tell).catch((error: unknown) => {
        if (error instanceof InterruptedError) stream.write(again);
        throw error;
      });
  const request: RunRequest = { ...asked, plan };
  await writeJsonAtomically(planPath, plan);
  stream.write(announcement(request));
  const ran = await executePlan(plan, interruption, reporting.progress);
  const outcomes: OutcomesFile = {
    schemaVersion: RESULTS_SCHEMA_VERSION,
    interrupted: ran.interrupted,
    errors: [...earlier.errors, ...ran.errors],
    outcomes: [...earlier.outcomes, ...ran.outcomes],
  };
  const durationMs = earlier.durationMs + performance.now() - began;
  const status = await conclude(request, { outcomes, durationMs, resumed: earlier.sessions }, reporting);
  if (ran.interrupted && !onDrives) stream.write(again);
  return status;
}
