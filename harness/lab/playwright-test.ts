import { join } from 'node:path';
import { test as playwright, type TestInfo } from '@playwright/test';
import type { ConformanceTest } from '../plan/definition.js';
import {
  OUTCOME_ATTACHMENT,
  PLAN_VARIABLE,
  plannedRunOf,
  readRunPlan,
  kernelOf,
  GDB_MARK,
  KEPT_MARK,
  testDirectory,
  type PlannedRun,
  type RunPlan,
} from '../plan/run-plan.js';
import type { RealDrive } from '../plan/real-drive.js';
import { OUTCOME_FILE, type Judgement, type TestOutcome } from '../results/model.js';
import { isBad, outcomeVerdict, programVerdict } from '../results/programs.js';
import { dieWithParent } from '../setup/owned.mjs';
import { InfraError } from '../vm/index.js';
import { attachmentsIn } from './attachments.js';
import type { RunEnvironment } from './environment.js';
import type { DebuggerPlace } from './debugger.js';
import { keepNode } from './kept-node.js';
import type { Node } from './node.js';
import { runDriveTest } from './real-drives/run-drive-test.js';
import { runTest } from './run-test.js';
import { Scene } from './scene.js';
import type { TestLab } from './test-lab.js';

// A worker whose runner was killed must not go on with its teardown for as long as that takes.
if (process.env[PLAN_VARIABLE] !== undefined) dieWithParent();

/** Not info.attach: it would copy the file, which the page copies once more, and show the copying as a step. */
function handOver(name: string, path: string, contentType: string, info: TestInfo): void {
  info.attachments.push({ name, path, contentType });
}

/** Puts the verdicts and the files of a test on its page, and how to run it again. */
async function showOnPage(
  { judgements, directory, findings = [] }: TestOutcome,
  again: string | undefined,
  info: TestInfo,
): Promise<void> {
  for (const { id, verdict, reason } of judgements) {
    info.annotations.push({ type: `${verdict} ${id}`, description: reason });
  }
  for (const { finding, text } of findings) info.annotations.push({ type: finding, description: text });
  if (again !== undefined) info.annotations.push({ type: 'again', description: again });
  for (const { name, path, contentType } of await attachmentsIn(directory))
    handOver(name, path, contentType, info);
}

/** What a judgement that is not good says, with expected, seen and the events below it. */
function complaint({ id, verdict, reason, failures = [] }: Judgement): string {
  const details = failures.flatMap(({ expected, seen, lines = [] }) => [
    `  expected  ${expected}`,
    `  seen      ${seen === '' ? '(nothing)' : seen}`,
    ...lines.map((line) => `            ${line}`),
  ]);
  return [`${id} ${verdict}: ${reason}`, ...details].join('\n');
}

/** Ends a test of Playwright's as its verdicts demand: it knows passed, failed and skipped only. */
function endAs(outcome: TestOutcome): void {
  const { judgements, program } = outcome;
  const complaints = judgements.filter(({ verdict }) => isBad(verdict)).map(complaint);
  if (program !== undefined && isBad(programVerdict(program))) {
    complaints.push(`the program: ${programVerdict(program)}`);
  }
  if (complaints.length > 0) {
    const error = new Error(complaints.join('\n'));
    // Where in the runner it is thrown tells nobody anything; Playwright would print the place and the source.
    error.stack = error.message;
    throw error;
  }
  const applies = outcomeVerdict(outcome) === 'pass';
  playwright.skip(!applies, judgements.map(({ id, reason }) => `${id} not applicable: ${reason}`).join('\n'));
}

/** Runs a test on real drives of this machine, where its plan has some. */
async function runOnRealDrives(
  test: ConformanceTest<TestLab>,
  plan: RunPlan,
  run: PlannedRun,
  drives: readonly RealDrive[],
  info: TestInfo,
): Promise<void> {
  const directory = testDirectory(run, test.title);
  const kernel = kernelOf(plan, run);
  const outcome = await runDriveTest({ test, drives, kernel, seed: plan.seed, directory });
  handOver(OUTCOME_ATTACHMENT, join(directory, OUTCOME_FILE), 'application/json', info);
  if (plan.page !== undefined) {
    await showOnPage(outcome, run.tests.find(({ title }) => title === test.title)?.again, info);
  }
  endAs(outcome);
}

async function runPlanned(test: ConformanceTest<TestLab>, plan: RunPlan, info: TestInfo): Promise<void> {
  const run = plannedRunOf(plan, info.project.name);
  if (run.realDrives !== undefined) {
    await runOnRealDrives(test, plan, run, run.realDrives, info);
    return;
  }
  const { environment: prepared, state } = kernelOf(plan, run);
  if (state !== 'ready') throw new InfraError(`the kernel ${run.kernel} was not prepared`);
  const environment = prepared as RunEnvironment;
  const subject = environment.subjects[run.daemon];
  if (subject === undefined)
    throw new InfraError(`the plan's environment was not prepared for ${run.daemon}`);
  const directory = testDirectory(run, test.title);
  await using scene = new Scene();
  let node: Node | undefined;
  const outcome = await runTest({
    ...{ test, environment, subject, seed: plan.seed, directory, scene },
    onNode: (restored) => (node = restored),
    dump: plan.debug?.dump === true || (plan.keep ?? 'never') !== 'never',
    ...(run.drives !== undefined && { drives: run.drives }),
    ...(plan.debug?.gdb === true && { debugger: announceDebugger }),
  });
  handOver(OUTCOME_ATTACHMENT, join(directory, OUTCOME_FILE), 'application/json', info);
  if (plan.page !== undefined) {
    await showOnPage(outcome, run.tests.find(({ title }) => title === test.title)?.again, info);
  }
  if (node !== undefined && isKept(plan.keep, outcome)) {
    const told = await keepNode(node, directory).catch(
      (error: unknown) => `it cannot be entered: ${String(error)}`,
    );
    console.log(`${KEPT_MARK}node of "${test.title}" is kept; ${told}`);
    await untilInterrupted();
  }
  endAs(outcome);
}

function announceDebugger({ node, advice }: DebuggerPlace): void {
  const lines = [`${node} waits for a debugger. Attach it with:`, ...advice.map((line) => `  ${line}`)];
  for (const line of lines) console.log(GDB_MARK + line);
}

function isKept(keep: RunPlan['keep'], outcome: TestOutcome): boolean {
  if (keep === undefined || keep === 'never') return false;
  return keep === 'always' || isBad(outcomeVerdict(outcome)) || (outcome.findings ?? []).length > 0;
}

/** Playwright ends its workers when the run is interrupted. */
async function untilInterrupted(): Promise<never> {
  return await new Promise<never>(() => {
    setInterval(() => undefined, 2 ** 30);
  });
}

/** It does not change while a worker lives. */
let plan: RunPlan | undefined;

/**
 * Makes Playwright run a conformance test: as the plan of the run says, with the daemon of the project that it
 * runs in. The verdict is in outcome.json, which is attached; Playwright's own pass, fail or skip follows it.
 */
export function declarePlaywrightTest(test: ConformanceTest<TestLab>): void {
  const tags = test.ids.map((id) => `@${id}`);
  playwright(test.title, { tag: tags }, async ({}, info) => {
    await runPlanned(test, (plan ??= readRunPlan()), info);
  });
}
