import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
  TestStep,
} from '@playwright/test/reporter';
import { shortName } from '../harness/plan/kernel-choice.js';
import {
  GDB_MARK,
  KEPT_MARK,
  OUTCOME_ATTACHMENT,
  RUNNER_OUTPUT,
  plannedRunOf,
  readRunPlan,
  kernelOf,
  remainingTests,
  testDirectory,
  type PlannedRun,
  type PlannedTest,
  type RunPlan,
} from '../harness/plan/run-plan.js';
import {
  OUTCOME_FILE,
  OUTCOMES_FILE,
  RESULTS_SCHEMA_VERSION,
  testOutcomeSchema,
  type OutcomesFile,
  type TestOutcome,
} from '../harness/results/model.js';
import { isBad, outcomeVerdict, programWithoutOutput } from '../harness/results/programs.js';
import { duration, paint, styleOf } from './style.js';

/** Name of the attachment by which Playwright explains failures in browsers. */
const ERROR_CONTEXT = 'error-context';

/** A step and all steps in it. */
function withSteps(step: TestStep): TestStep[] {
  return [step, ...step.steps.flatMap(withSteps)];
}

/**
 * Keeps from the page what says nothing on it: what Playwright tells of a browser, and the outcome under the name by
 * which we ask for it. Playwright makes no page at all when an attachment is missing that belongs to a step.
 */
function dropSurplus(result: TestResult): void {
  const ofSteps = new Set(result.steps.flatMap(withSteps).flatMap(({ attachments }) => attachments));
  const surplus = [ERROR_CONTEXT, OUTCOME_ATTACHMENT];
  result.attachments = result.attachments.filter(
    (attachment) => ofSteps.has(attachment) || !surplus.includes(attachment.name),
  );
}

function errorText({ message, value, stack }: TestError): string {
  return stripVTControlCharacters(message ?? value ?? stack ?? 'an error without a text').trim();
}

/** The outcome of a test that left none: infra for each of its ids. */
function outcomeOfBrokenTest(
  plan: RunPlan,
  run: PlannedRun,
  test: PlannedTest,
  reason: string,
  result: Pick<TestResult, 'startTime' | 'duration'>,
): TestOutcome {
  return {
    test: test.title,
    file: test.file,
    ids: test.ids,
    tier: test.tier,
    underTest: test.underTest,
    kernel: run.kernel,
    userland: plan.userland,
    daemon: run.daemon,
    seed: plan.seed,
    startedAt: result.startTime.toISOString(),
    durationMs: Math.max(0, result.duration),
    judgements: test.ids.map((id) => ({ id, verdict: 'infra' as const, reason, observed: '', evidence: [] })),
    notes: [],
    // A test without requirements is a program.
    ...(test.ids.length > 0
      ? {}
      : { program: programWithoutOutput({ command: ['(not started)'], format: 'tap' }, 'infra', reason) }),
    directory: testDirectory(run, test.title),
  };
}

/** Reads the outcome that a test attached. Throws when it is not one. */
function readOutcome(path: string): TestOutcome {
  const parsed = testOutcomeSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}`);
}

/**
 * Playwright's side of a run: prints a line for each test as it ends and writes `outcomes.json`. It judges
 * nothing; a test that ended without handing over an outcome is infra for all its ids.
 */
export default class UlogcheckReporter implements Reporter {
  readonly #plan = readRunPlan();
  readonly #style = styleOf(process.stdout);
  readonly #outcomes: OutcomesFile['outcomes'] = [];
  readonly #errors: string[] = [];
  readonly #total = this.#plan.runs.reduce((sum, run) => sum + remainingTests(this.#plan, run).length, 0);
  #ended = 0;
  #output: Promise<void> = Promise.resolve();

  constructor() {
    // It is the stdout of the command line: the run goes on to its results when nobody reads any more.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }

  printsToStdio(): boolean {
    return true;
  }

  onBegin({ rootDir }: FullConfig, suite: Suite): void {
    if (this.#plan.page === undefined) return;
    for (const ofFile of suite.suites.flatMap(({ suites }) => suites)) this.#nameSource(ofFile, rootDir);
  }

  onStdOut(chunk: string | Buffer): void {
    this.#keepOutput(chunk);
    for (const line of String(chunk).split('\n')) {
      if (line.startsWith(KEPT_MARK)) process.stdout.write(`kept   ${line.slice(KEPT_MARK.length)}\n`);
      if (line.startsWith(GDB_MARK)) process.stdout.write(`gdb    ${line.slice(GDB_MARK.length)}\n`);
    }
  }

  onStdErr(chunk: string | Buffer): void {
    this.#keepOutput(chunk);
  }

  onError(error: TestError): void {
    this.#errors.push(errorText(error));
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const project = test.parent.project()?.name ?? '';
    const run = plannedRunOf(this.#plan, project);
    const planned = run.tests.find(({ title }) => title === test.title);
    if (planned === undefined) {
      this.#errors.push(`the test "${test.title}" ran, but is not in the plan`);
      return;
    }
    const outcome = this.#outcomeOf(run, planned, result);
    dropSurplus(result);
    if (outcome === undefined) {
      // What a test wrote that was interrupted says nothing either: nobody may find it later.
      rmSync(join(testDirectory(run, planned.title), OUTCOME_FILE), { force: true });
      return;
    }
    this.#outcomes.push({ project, outcome });
    this.#ended += 1;
    this.#print(run, outcome);
  }

  async onEnd(result: FullResult): Promise<void> {
    const file: OutcomesFile = {
      schemaVersion: RESULTS_SCHEMA_VERSION,
      interrupted: result.status === 'interrupted',
      errors: this.#errors,
      outcomes: this.#outcomes,
    };
    writeFileSync(join(this.#plan.out, OUTCOMES_FILE), `${JSON.stringify(file, undefined, 2)}\n`);
    await this.#output;
  }

  /**
   * All tests are declared by one line of the runner's; the page is to name the spec files and lines instead. The page
   * is made of the same objects at the end of the run.
   */
  #nameSource(ofFile: Suite, rootDir: string): void {
    for (const test of ofFile.allTests()) {
      const planned = this.#plan.runs.flatMap(({ tests }) => tests).find(({ title }) => title === test.title);
      if (planned === undefined) continue;
      const file = join(rootDir, planned.file.replace(/^conformance\//, ''));
      test.location = { file, line: planned.line ?? 1, column: 1 };
      ofFile.location = { file, line: 1, column: 1 };
    }
  }

  #outcomeOf(run: PlannedRun, planned: PlannedTest, result: TestResult): TestOutcome | undefined {
    const failure = result.errors.map(errorText).join('\n');
    const path = result.attachments.find(({ name }) => name === OUTCOME_ATTACHMENT)?.path;
    if (path === undefined) {
      // A test that was interrupted, or that never got a worker, says nothing about anything. The results tell why: the
      // run is marked as interrupted, or it was planned and never ran.
      if (result.status === 'interrupted' || result.workerIndex < 0) return undefined;
      const reason = failure === '' ? `the test ended as ${result.status} and left no outcome` : failure;
      return this.#leave(outcomeOfBrokenTest(this.#plan, run, planned, reason, result));
    }
    try {
      const outcome = readOutcome(path);
      const explained = isBad(outcomeVerdict(outcome));
      if (failure !== '' && !explained) this.#errors.push(`after its end, "${planned.title}": ${failure}`);
      return outcome;
    } catch (error) {
      const reason = `${path} is no outcome: ${error instanceof Error ? error.message : String(error)}`;
      return this.#leave(outcomeOfBrokenTest(this.#plan, run, planned, reason, result));
    }
  }

  /** Writes the outcome of a test that left none into its directory, so that it is not run again when the run is continued. */
  #leave(outcome: TestOutcome): TestOutcome {
    mkdirSync(outcome.directory, { recursive: true });
    const path = join(outcome.directory, OUTCOME_FILE);
    writeFileSync(`${path}.tmp`, `${JSON.stringify(outcome, undefined, 2)}\n`);
    renameSync(`${path}.tmp`, path);
    return outcome;
  }

  #print(run: PlannedRun, outcome: TestOutcome): void {
    const verdict = outcomeVerdict(outcome);
    const place = `${String(this.#ended).padStart(String(this.#total).length)}/${this.#total}`;
    const broken = outcome.judgements
      .filter((judgement) => !outcome.ids.includes(judgement.id))
      .map(({ id }) => id);
    const also = broken.length === 0 ? '' : `, broke ${broken.join(', ')}`;
    const { kernels } = this.#plan;
    const kernel = kernels.length === 1 ? '' : `${shortName(kernelOf(this.#plan, run), kernels)}: `;
    const mutant = run.mutant === null ? '' : `${run.mutant}: `;
    const verdictText = paint(
      verdict,
      (verdict === 'not-applicable' ? 'n/a' : verdict).padEnd(7),
      this.#style,
    );
    process.stdout.write(
      `test   ${place}  ${verdictText} ${kernel}${mutant}${outcome.program === undefined ? outcome.ids.join(' ') : 'program'}  ${outcome.test} (${duration(outcome.durationMs)}${also})\n`,
    );
    if (verdict === 'infra') {
      const reason =
        outcome.judgements.find((judgement) => judgement.verdict === 'infra')?.reason ??
        outcome.program?.problems.find((problem) => problem.verdict === 'infra')?.text ??
        '';
      process.stdout.write(
        `${reason
          .split('\n', 3)
          .map((line) => `         ${line}`)
          .join('\n')}\n`,
      );
    }
  }

  #keepOutput(chunk: string | Buffer): void {
    this.#output = this.#output
      .then(() => appendFile(join(this.#plan.out, RUNNER_OUTPUT), chunk))
      .catch(() => undefined);
  }
}
