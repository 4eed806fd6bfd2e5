import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestCommandError, GuestCommandStalled } from '../guest/index.js';
import type { History, HistoryHeader } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import { unclaimedNeed, unmetByKernel, unmetByLvm } from '../plan/needs.js';
import { RequestsMissing } from '../puppet/index.js';
import { HISTORY_FILE } from '../results/evidence.js';
import { DRIVE_STOPPED } from '../results/judgement.js';
import { OUTCOME_FILE, type KernelFinding, type TestOutcome } from '../results/model.js';
import { writeJsonAtomically } from '../results/write.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { BUILT_IN_SERIALS, createDisks } from './disks.js';
import { HistoryFile, TrafficMissing } from './history-file.js';
import { daemonName } from './make-subject.js';
import type { DebuggerPlace } from './debugger.js';
import { judgeInto, withoutHistory } from './judge-into.js';
import type { Node } from './node.js';
import { type SavedMemory, withMemory } from './node-memory.js';
import { ProgramRun } from './program-run.js';
import type { Recording } from './recording.js';
import { Scene } from './scene.js';
import { SubjectNotReady } from './subject.js';
import type { TestLab } from './test-lab.js';
import { type TestNode, TestNodes } from './test-nodes.js';
import type { TestSubject } from './test-subject.js';

/** Two legs and a log device; further ones, for tests that ask for more, have no purpose of their own. */
function diskNames({ disks = BUILT_IN_SERIALS.length }: ConformanceTest<TestLab>): string[] {
  return Array.from({ length: disks }, (_unused, index) => BUILT_IN_SERIALS[index] ?? `disk${index}`);
}

/** What a program printed, in the directory of its test. */
const PROGRAM_LOG = 'program.log';

/** Errors that say something about the subject. */
const SUBJECTS_DOING = [
  GuestCommandError,
  GuestCommandStalled,
  RequestsMissing,
  // Thrown in a scenario: the daemon was started again and did not come up.
  SubjectNotReady,
  TrafficMissing,
] as const;

/** One run of one test with one subject on one kernel. */
export interface TestRun {
  readonly test: ConformanceTest<TestLab>;
  readonly environment: RunEnvironment;
  readonly subject: SubjectEnvironment;
  readonly seed: number;
  /** Directory for outcome.json, history.jsonl, timeline.txt, console.log, daemon.log; created here. */
  readonly directory: string;
  /** Owns the node, when it is to outlive the test. */
  readonly scene?: Scene;
  /** Hears of the node as soon as it is there. */
  readonly onNode?: (node: Node) => void;
  /** The memory of nodes whose kernel panics is saved in the directory. Default: false. */
  readonly dump?: boolean;
  /** The broken drive, by name, that emulated drives of the test are. Default: good ones. */
  readonly drives?: string;
  /** Each node waits for a debugger before it is driven; hears where. */
  readonly debugger?: (place: DebuggerPlace) => void;
}

/**
 * Restores a node, lets the subject serve, drives, records, judges and writes everything down.
 * What goes wrong in the harness comes out as `infra` judgements, never as an exception.
 */
export async function runTest(run: TestRun): Promise<TestOutcome> {
  const startedAt = new Date();
  const began = performance.now();
  await mkdir(run.directory, { recursive: true });
  const findings: KernelFinding[] = [];
  const memory = new Map<string, SavedMemory>();
  const { name, claims } = run.subject.profile;
  const { lvm, kernel } = run.environment;
  const unmet =
    unclaimedNeed(run.test.needs, name, claims) ??
    unmetByLvm(run.test.needs, lvm) ??
    unmetByKernel(run.test, kernel);
  const judged =
    unmet === undefined
      ? await driveAndJudge(run, startedAt, findings, memory).catch((error: unknown) => ({
          ...withoutHistory(run.test, 'infra', error instanceof Error ? error.message : String(error)),
          findings: withMemory(findings, memory),
        }))
      : withoutHistory(run.test, 'not-applicable', unmet);
  const outcome: TestOutcome = {
    test: run.test.title,
    file: run.test.file,
    ids: [...run.test.ids],
    tier: run.test.tier,
    underTest: run.test.underTest,
    kernel: run.environment.kernel.label,
    userland: run.environment.userland,
    daemon: daemonName(run),
    seed: run.seed,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - began),
    directory: run.directory,
    ...judged,
  };
  await writeJsonAtomically(join(run.directory, OUTCOME_FILE), outcome);
  return outcome;
}

async function driveAndJudge(
  run: TestRun,
  startedAt: Date,
  findings: KernelFinding[],
  memory: Map<string, SavedMemory>,
): Promise<Pick<TestOutcome, 'judgements' | 'notes' | 'program'> & { findings: KernelFinding[] }> {
  const history = await recordTest(run, startedAt, findings, memory);
  const judged = await judgeInto(run.directory, run.test, history);
  return { ...judged, findings: withMemory(judged.findings, memory, history) };
}

async function recordTest(
  run: TestRun,
  startedAt: Date,
  findings: KernelFinding[],
  memory: Map<string, SavedMemory>,
): Promise<History> {
  const { test, environment, directory } = run;
  await using own = new Scene();
  const scene = run.scene ?? own;
  const scratch = scene.add(await ownedTempDir('ulogcheck-disks-'));
  const disks = await createDisks(scratch.path, diskNames(test));
  const header: HistoryHeader = {
    kind: 'header',
    schemaVersion: 1,
    test: test.title,
    ids: [...test.ids],
    underTest: test.underTest,
    kernel: environment.kernel.release,
    daemon: daemonName(run),
    node: 'node1',
    userland: environment.userland,
    lvm: environment.lvm,
    seed: run.seed,
    started: startedAt.toISOString(),
    clock: 'guest-monotonic',
  };
  await using file = new HistoryFile(header, join(directory, HISTORY_FILE));
  const nodes = new TestNodes({ run, scene, disks, file, findings });
  const first = await nodes.add();
  const { node, recording, subject } = first;
  run.onNode?.(node);
  const program =
    test.program === undefined
      ? undefined
      : new ProgramRun(test.program, node, diskNames(test), recording, join(directory, PROGRAM_LOG));
  try {
    // A panic ends the test at once: nothing that waits for the guest can come true any more.
    await Promise.race([
      program === undefined
        ? driveSubject(test, nodes, first)
        : runBesideSubject(test, nodes, subject, program),
      nodes.panicked,
    ]);
    await program?.settle();
  } finally {
    await nodes.settle();
    if (run.dump === true) for (const [node, saved] of await nodes.saveMemory()) memory.set(node, saved);
  }
  return await recording.finish(nodes.hasPanicked ? 'the kernel panicked' : program?.lost);
}

/** Runs a program to its end, beside the daemon if the test says so. */
async function runBesideSubject(
  test: ConformanceTest<TestLab>,
  nodes: TestNodes,
  subject: TestSubject,
  program: ProgramRun,
): Promise<void> {
  if (test.daemon === 'running') await subject.start();
  await nodes.awaitDebugger();
  await program.run();
  if (program.lost !== undefined || test.daemon !== 'running') return;
  await subject.collect();
  // The program may have left logs alive, and a good daemon then refuses to go: how it ends says nothing.
  subject.dismiss();
}

async function driveSubject(
  test: ConformanceTest<TestLab>,
  nodes: TestNodes,
  { lab, subject, recording }: TestNode,
): Promise<void> {
  if (test.daemon !== 'absent') await subject.start();
  await nodes.awaitDebugger();
  await nodes.collect(await drive(test, lab, recording));
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
