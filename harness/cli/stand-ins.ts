import {
  kernelOf,
  testDirectory,
  type PlannedRun,
  type PlannedTest,
  type RunPlan,
} from '../plan/run-plan.js';
import type { OutcomesFile, TestOutcome } from '../results/model.js';
import { programWithoutOutput } from '../results/programs.js';

/** What stands for a test whose kernel could not be prepared; its directory is that in `run`. */
export function standIn(
  { userland, seed, asked }: Pick<RunPlan, 'userland' | 'seed' | 'asked'>,
  run: PlannedRun,
  test: PlannedTest,
  state: 'infra' | 'not-applicable',
  reason: string,
): OutcomesFile['outcomes'][number] {
  const { title, file, ids, tier, underTest } = test;
  return {
    project: run.project,
    outcome: {
      ...{ test: title, file, ids, tier, underTest, kernel: run.kernel, userland, daemon: run.daemon, seed },
      startedAt: asked?.started ?? new Date(0).toISOString(),
      durationMs: 0,
      judgements: ids.map((id) => ({ id, verdict: state, reason, observed: '', evidence: [] })),
      notes: [],
      // A test without requirements is a program.
      ...(ids.length > 0 || state !== 'infra'
        ? {}
        : { program: programWithoutOutput({ command: ['(not started)'], format: 'tap' }, state, reason) }),
      directory: testDirectory(run, title),
    } satisfies TestOutcome,
  };
}

/**
 * What stands for the tests that are missing on kernels on which others were run before the run was continued, and which
 * could not be prepared since: the kernel counts as tested, so that what was seen on it is not lost.
 */
export function standInsOfContinued(
  plan: RunPlan,
  outcomes: OutcomesFile['outcomes'],
): OutcomesFile['outcomes'] {
  return plan.runs.flatMap((run) => {
    const { state, reason, label } = kernelOf(plan, run);
    if (state !== 'infra' || !outcomes.some(({ outcome }) => outcome.kernel === label)) return [];
    const told = `the kernel could not be prepared when the run was continued: ${reason}`;
    const ended = new Set(
      outcomes.filter(({ project }) => project === run.project).map(({ outcome }) => outcome.test),
    );
    return run.tests
      .filter(({ title }) => !ended.has(title))
      .map((test) => standIn(plan, run, test, state, told));
  });
}
