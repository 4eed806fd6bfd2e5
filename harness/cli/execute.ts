import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PLAN_FILE, PLAN_VARIABLE, remainingTests, RUNNER_OUTPUT, type RunPlan } from '../plan/run-plan.js';
import {
  OUTCOMES_FILE,
  RESULTS_SCHEMA_VERSION,
  outcomesFileSchema,
  type OutcomesFile,
} from '../results/model.js';
import { writeJsonAtomically } from '../results/write.js';
import { ownedTempDir, spawnOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import type { Interruption } from './interruption.js';
import { playwrightCli } from './playwright.js';

/** How long Playwright may take to stop its tests and tear them down after an interruption, milliseconds. */
const TEARDOWN_MS = 10_000;
/** As many last characters of what Playwright prints on stderr are kept for an error. */
const STDERR_TAIL = 4000;

function nothingRan(errors: string[], interrupted: boolean): OutcomesFile {
  return { schemaVersion: RESULTS_SCHEMA_VERSION, interrupted, errors, outcomes: [] };
}

/** Somebody's settings for the HTML reports of other projects (directory, opening a browser) would override ours. */
function withoutPageVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('PLAYWRIGHT_HTML_')),
  );
}

async function readOutcomes(path: string): Promise<OutcomesFile> {
  const parsed = outcomesFileSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * Writes the plan into its `out` directory, runs Playwright over it and returns what the tests left. Playwright's
 * only output is our reporter's: a line for each test, to `progress`. An interruption is passed on as SIGINT, so that tests are torn down; what still
 * runs after 10 s is killed. A Playwright that ends without a list of outcomes gives an error, not an exception.
 */
export async function executePlan(
  plan: RunPlan,
  interruption: Interruption,
  progress: 'stdout' | 'stderr' = 'stdout',
): Promise<OutcomesFile> {
  if (plan.runs.every((run) => remainingTests(plan, run).length === 0))
    return nothingRan([], interruption.requested);
  // One of an earlier session would be taken for this one's.
  await rm(join(plan.out, OUTCOMES_FILE), { force: true });
  const planPath = join(plan.out, PLAN_FILE);
  await writeJsonAtomically(planPath, plan);
  const config = join(projectRoot, 'dist', 'playwright.config.js');
  // By default Playwright leaves this cache in the system's temporary directory for good.
  await using transformed = await ownedTempDir('ulogcheck-playwright-');
  await using child = spawnOwned([process.execPath, playwrightCli(), 'test', '--config', config], {
    cwd: projectRoot,
    env: {
      ...withoutPageVariables(process.env),
      [PLAN_VARIABLE]: planPath,
      PLAYWRIGHT_TRANSFORM_CACHE_DIR: transformed.path,
    },
    stdio: ['ignore', progress === 'stdout' ? 1 : 2, 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_TAIL);
  });
  let deadline: NodeJS.Timeout | undefined;
  const stopListening = interruption.onRequest(() => {
    child.kill('SIGINT');
    deadline = setTimeout(() => child.kill('SIGKILL'), TEARDOWN_MS);
  });
  const { status, signal } = await child.exited;
  stopListening();
  clearTimeout(deadline);
  try {
    const outcomes = await readOutcomes(join(plan.out, OUTCOMES_FILE));
    if (stderr !== '') await appendFile(join(plan.out, RUNNER_OUTPUT), stderr);
    // Playwright's copies of what the tests left in their own directories.
    await rm(join(plan.out, 'runner'), { recursive: true, force: true });
    return { ...outcomes, interrupted: outcomes.interrupted || interruption.requested };
  } catch (error) {
    if (interruption.requested) return nothingRan([], true);
    const how = signal === null ? `status ${String(status)}` : signal;
    const why =
      stderr.trim() === '' ? (error instanceof Error ? error.message : String(error)) : stderr.trim();
    return nothingRan([`Playwright ended with ${how} and left no outcomes: ${why}`], false);
  }
}
