import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testDirectory, type PlannedRun, type RunPlan } from '../plan/run-plan.js';
import { OUTCOME_FILE, testOutcomeSchema, type OutcomesFile, type TestOutcome } from './model.js';

/** What a test of a run left in its directory; undefined if it did not come to its end, or what lies there is of another run. */
async function outcomeOf(run: PlannedRun, title: string, seed: number): Promise<TestOutcome | undefined> {
  const directory = testDirectory(run, title);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(directory, OUTCOME_FILE), 'utf8'));
  } catch {
    return undefined;
  }
  const { data } = testOutcomeSchema.safeParse(json);
  if (data?.test !== title || data.kernel !== run.kernel || data.seed !== seed) return undefined;
  // The whole may have been moved since.
  return { ...data, directory };
}

/** What the tests of a plan left so far, in the order of the plan. A test that was cut short left nothing. */
export async function collectOutcomes(plan: RunPlan): Promise<OutcomesFile['outcomes']> {
  const outcomes: OutcomesFile['outcomes'] = [];
  for (const run of plan.runs) {
    for (const { title } of run.tests) {
      const outcome = await outcomeOf(run, title, plan.seed);
      if (outcome !== undefined) outcomes.push({ project: run.project, outcome });
    }
  }
  return outcomes;
}

/** A plan of which these tests are not run again. */
export function withoutDone(plan: RunPlan, outcomes: OutcomesFile['outcomes']): RunPlan {
  const runs = plan.runs.map((run) => ({
    ...run,
    done: outcomes.filter(({ project }) => project === run.project).map(({ outcome }) => outcome.test),
  }));
  return { ...plan, runs };
}
