import { join } from 'node:path';
import { test as playwright } from '@playwright/test';
import type { ConformanceTest } from '../plan/definition.js';
import {
  OUTCOME_ATTACHMENT,
  PLAN_VARIABLE,
  plannedRunOf,
  readRunPlan,
  testDirectory,
} from '../plan/run-plan.js';
import { isBad, programVerdict } from '../results/programs.js';
import { dieWithParent } from '../setup/owned.mjs';
import { InfraError } from '../vm/index.js';
import type { RunEnvironment } from './environment.js';
import { OUTCOME_FILE, runTest } from './run-test.js';
import type { TestLab } from './test-lab.js';

// A worker whose runner was killed must not go on with its teardown for as long as that takes.
if (process.env[PLAN_VARIABLE] !== undefined) dieWithParent();

/**
 * Makes Playwright run a conformance test: as the plan of the run says, with the daemon of the project that it
 * runs in. The verdict is in outcome.json, which is attached; Playwright's own pass or fail follows it.
 */
export function declarePlaywrightTest(test: ConformanceTest<TestLab>): void {
  playwright(test.title, async ({}, info) => {
    const plan = readRunPlan();
    const run = plannedRunOf(plan, info.project.name);
    const environment = plan.environment as RunEnvironment;
    const subject = environment.subjects[run.daemon];
    if (subject === undefined)
      throw new InfraError(`the plan's environment was not prepared for ${run.daemon}`);
    const directory = testDirectory(run, test.title);
    const outcome = await runTest({ test, environment, subject, seed: plan.seed, directory });
    await info.attach(OUTCOME_ATTACHMENT, { path: join(directory, OUTCOME_FILE) });
    const bad = outcome.judgements.filter(
      ({ verdict }) => verdict !== 'pass' && verdict !== 'not-applicable',
    );
    const lines = bad.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);
    const verdict = outcome.program === undefined ? 'pass' : programVerdict(outcome.program);
    if (isBad(verdict)) lines.push(`the program: ${verdict}`);
    if (lines.length > 0) throw new Error(lines.join('\n'));
  });
}
