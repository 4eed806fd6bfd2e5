import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestCommandError, GuestCommandStalled } from '../guest/index.js';
import { type History, type HistoryHeader, renderTimeline } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import { unclaimedNeed } from '../plan/needs.js';
import { HISTORY_FILE } from '../results/evidence.js';
import { judgeTest } from '../results/judge-test.js';
import { DRIVE_STOPPED } from '../results/judgement.js';
import type { TestOutcome } from '../results/model.js';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { PATTERN_PATH, patternBytes } from './write-scripts.js';
import { Node } from './node.js';
import { Recording, TrafficMissing } from './recording.js';
import { Subject } from './subject.js';
import { TestLab } from './test-lab.js';

/** Two legs, and a device for the log. */
const NODE_DISKS = 3;

/** Where a test leaves what it says, in its directory. */
export const OUTCOME_FILE = 'outcome.json';

/** Errors that say something about the subject. */
const SUBJECTS_DOING = [GuestCommandError, GuestCommandStalled, TrafficMissing] as const;

/** One run of one test with one subject on one kernel. */
export interface TestRun {
  readonly test: ConformanceTest<TestLab>;
  readonly environment: RunEnvironment;
  readonly subject: SubjectEnvironment;
  readonly seed: number;
  /** Directory for outcome.json, history.jsonl, timeline.txt, console.log, daemon.log; created here. */
  readonly directory: string;
}

/**
 * Boots a node, starts the subject, drives, records, judges and writes everything down.
 * What goes wrong in the harness comes out as `infra` judgements, never as an exception.
 */
export async function runTest(run: TestRun): Promise<TestOutcome> {
  const startedAt = new Date();
  const began = performance.now();
  await mkdir(run.directory, { recursive: true });
  const { name, claims } = run.subject.profile;
  const unclaimed = unclaimedNeed(run.test.needs, name, claims);
  const judged =
    unclaimed === undefined
      ? await driveAndJudge(run, startedAt).catch((error: unknown) =>
          withoutHistory(run.test, 'infra', error instanceof Error ? error.message : String(error)),
        )
      : withoutHistory(run.test, 'not-applicable', unclaimed);
  const outcome: TestOutcome = {
    test: run.test.title,
    file: run.test.file,
    ids: [...run.test.ids],
    tier: run.test.tier,
    underTest: run.test.underTest,
    kernel: run.environment.kernel.release,
    userland: run.environment.userland,
    daemon: run.subject.profile.name,
    seed: run.seed,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - began),
    directory: run.directory,
    ...judged,
  };
  await writeFile(join(run.directory, OUTCOME_FILE), `${JSON.stringify(outcome, undefined, 2)}\n`);
  return outcome;
}

/** The same verdict on all that the test is about, without a history to rest on. */
function withoutHistory(
  { ids }: ConformanceTest<TestLab>,
  verdict: 'infra' | 'not-applicable',
  reason: string,
): Pick<TestOutcome, 'judgements' | 'notes'> {
  return {
    judgements: ids.map((id) => ({ id, verdict, reason, observed: '', evidence: [] })),
    notes: [],
  };
}

async function driveAndJudge(
  run: TestRun,
  startedAt: Date,
): Promise<Pick<TestOutcome, 'judgements' | 'notes'>> {
  const history = await recordTest(run, startedAt);
  const judged = judgeTest(run.test, history);
  await writeFile(join(run.directory, 'timeline.txt'), renderTimeline(history, annotationsOf(judged)));
  return judged;
}

/** What was found wrong, where the timeline shows it. */
function annotationsOf({
  judgements,
  notes,
}: Pick<TestOutcome, 'judgements' | 'notes'>): { events: readonly number[]; text: string }[] {
  const failed = judgements.flatMap(({ id, failures = [] }) =>
    failures.map(({ expected, seen, events }) => ({
      events,
      text: `FAIL ${id}: expected ${expected}; seen ${seen}`,
    })),
  );
  const noted = notes.map(({ id, side, expected, seen, events }) => ({
    events,
    text: `note on the ${side}, ${id}: expected ${expected}; seen ${seen}`,
  }));
  return [...failed, ...noted];
}

async function recordTest(run: TestRun, startedAt: Date): Promise<History> {
  const { test, environment, directory } = run;
  await using node = await Node.boot({
    environment,
    name: 'node1',
    directory,
    subject: run.subject,
    legs: NODE_DISKS,
  });
  await using recorder = await node.armRecorder();
  const header: HistoryHeader = {
    kind: 'header',
    schemaVersion: 1,
    test: test.title,
    ids: [...test.ids],
    underTest: test.underTest,
    kernel: environment.kernel.release,
    daemon: run.subject.profile.name,
    node: node.name,
    userland: environment.userland,
    seed: run.seed,
    started: startedAt.toISOString(),
    clock: 'guest-monotonic',
  };
  await using recording = new Recording(header, node.session, recorder, join(directory, HISTORY_FILE));
  await node.session.writeFile(PATTERN_PATH, patternBytes());
  const subject = new Subject(run.subject.profile, node.session, recording, join(directory, 'daemon.log'));
  node.vm.console.on('complaint', ({ finding, text }) => {
    recording.finding(finding, text);
  });
  const panicked = node.vm.panicked.then((panic) => {
    recording.finding('panic', panic.text);
  });
  try {
    // A panic ends the test at once: nothing that waits for the guest can come true any more.
    await Promise.race([
      driveSubject(test, subject, new TestLab(node, recording, subject), recording),
      panicked,
    ]);
  } finally {
    await subject.close();
  }
  return await recording.finish(node.vm.panic === undefined ? undefined : 'the kernel panicked');
}

async function driveSubject(
  test: ConformanceTest<TestLab>,
  subject: Subject,
  lab: TestLab,
  recording: Recording,
): Promise<void> {
  if (test.daemon === 'running') await subject.start();
  const completed = await drive(test, lab, recording);
  await subject.collect();
  subject.dismiss();
  // After a scenario that stopped half-way logs are alive, and a good daemon then refuses to go.
  if (completed && subject.ended === undefined) await subject.stop();
}

/**
 * Runs the scenario; false when it stopped half-way. A command that fails or stalls, or traffic that does not come,
 * is the subject's doing, not trouble of the harness: the history is judged as it is.
 */
async function drive(test: ConformanceTest<TestLab>, lab: TestLab, recording: Recording): Promise<boolean> {
  try {
    await test.drive(lab);
    return true;
  } catch (error) {
    if (!SUBJECTS_DOING.some((kind) => error instanceof kind) || !(error instanceof Error)) throw error;
    recording.observe('log', DRIVE_STOPPED, error.message);
    return false;
  }
}
