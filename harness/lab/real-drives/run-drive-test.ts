import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HistoryHeader, NO_DAEMON } from '../../history/index.js';
import type { ConformanceTest } from '../../plan/definition.js';
import type { RealDrive } from '../../plan/real-drive.js';
import { HISTORY_FILE } from '../../results/evidence.js';
import { OUTCOME_FILE, type TestOutcome } from '../../results/model.js';
import { writeJsonAtomically } from '../../results/write.js';
import type { DriveLab } from '../drives/drive-lab.js';
import { HistoryFile } from '../history-file.js';
import { judgeInto, withoutHistory } from '../judge-into.js';
import { NotApplicable } from '../not-applicable.js';
import { HostPrograms } from './host-programs.js';
import { machineTime, type Time } from './lease-clock.js';
import type { Programs } from './opened-drive.js';
import { RealDriveSite } from './real-drive-lab.js';

/** What userland and nodes are called where there are none. */
export const HOST = 'host';

/** One run of one test on real drives of this machine. */
export interface DriveTestRun {
  readonly test: ConformanceTest<DriveLab>;
  /** The drive under test first. */
  readonly drives: readonly RealDrive[];
  /** What outcomes call the kernel of this machine, and its release. */
  readonly kernel: { readonly label: string; readonly release: string };
  readonly seed: number;
  /** Directory for outcome.json, history.jsonl, timeline.txt; created here. */
  readonly directory: string;
  /** By what commands are sent; default: programs on this machine. */
  readonly programs?: Programs;
  /** In which their leases pass; default: this machine's. */
  readonly time?: Time;
}

/**
 * Empties the drives, lets the test drive them, judges and writes everything down, and empties them again. No VM takes part.
 * What goes wrong in the harness, or on the way to the drives, comes out as `infra` judgements, never as an exception.
 */
export async function runDriveTest(run: DriveTestRun): Promise<TestOutcome> {
  const startedAt = new Date();
  const began = performance.now();
  const { test, kernel, seed, directory } = run;
  await mkdir(directory, { recursive: true });
  const judged = await judgedOn(run, startedAt).catch((error: unknown) =>
    withoutHistory(
      test,
      error instanceof NotApplicable ? 'not-applicable' : 'infra',
      error instanceof Error ? error.message : String(error),
    ),
  );
  const outcome: TestOutcome = {
    test: test.title,
    file: test.file,
    ids: [...test.ids],
    tier: test.tier,
    underTest: test.underTest,
    kernel: kernel.label,
    userland: HOST,
    daemon: NO_DAEMON,
    seed,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - began),
    directory,
    ...judged,
  };
  await writeJsonAtomically(join(directory, OUTCOME_FILE), outcome);
  return outcome;
}

async function judgedOn(
  run: DriveTestRun,
  startedAt: Date,
): Promise<Pick<TestOutcome, 'judgements' | 'notes' | 'findings'>> {
  const { test, kernel, seed, directory } = run;
  if (test.emulated !== undefined)
    throw new NotApplicable(
      `real drives are tested as they are, without VMs, and the test needs ${test.emulated}`,
    );
  await using own = new HostPrograms();
  const header: HistoryHeader = {
    kind: 'header',
    schemaVersion: 1,
    test: test.title,
    ids: [...test.ids],
    underTest: test.underTest,
    kernel: kernel.release,
    daemon: NO_DAEMON,
    node: 'node1',
    userland: HOST,
    seed,
    started: startedAt.toISOString(),
    clock: 'host-monotonic',
  };
  await using file = new HistoryFile(header, join(directory, HISTORY_FILE));
  const site = new RealDriveSite(run.drives, run.programs ?? own, file, run.time ?? machineTime);
  try {
    await test.drive(site.addHost());
  } catch (error) {
    // It says more than that the drive cannot be emptied either.
    await site.empty().catch(() => undefined);
    throw error;
  }
  await site.empty();
  const history = file.finish({ kind: 'end', overruns: 0, missed: 0, truncated: false, reason: '' });
  return await judgeInto(directory, test, history);
}
