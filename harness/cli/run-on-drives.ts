import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { styleOf } from '../../reports/style.js';
import { cacheDirectory } from '../cache/index.js';
import { type Lock, tryLock } from '../cache/lock.js';
import { HostPrograms } from '../lab/real-drives/host-programs.js';
import { checkDeviceFile } from '../lab/real-drives/device-file.js';
import { inspectDrive, type Inspected, leaveEmpty } from '../lab/real-drives/inspect.js';
import { EXIT } from '../results/exit-status.js';
import { prepareOut } from '../results/write.js';
import type { RealDrive } from '../plan/real-drive.js';
import { selectTests } from '../plan/select.js';
import { beginReport, conduct, NOTHING_EARLIER } from './conduct.js';
import { checkConsent, checkDistinct, describeDrives } from './drive-consent.js';
import type { DriveOptions } from './drive-options.js';
import { driveRequest, suiteOfDrives } from './drive-plan.js';
import { loadDriveProfile } from './drive-profile.js';
import { UsageError } from './errors.js';
import { Interruption } from './interruption.js';
import { renderList } from './list.js';
import { Reporting } from './reporting.js';
import type { RunOptions } from './run-request.js';
import { newSeed } from './seed.js';
import { loadSuite } from './suite.js';

/** Nobody else of this user tests a drive meanwhile. */
async function takeDrives(inspected: readonly Inspected[]): Promise<AsyncDisposable> {
  const locks: Lock[] = [];
  const letGo = async (): Promise<void> => {
    for (const lock of locks) await lock[Symbol.asyncDispose]();
  };
  const directory = join(cacheDirectory(), 'drives');
  await mkdir(directory, { recursive: true });
  for (const { drive } of inspected) {
    const { path, wwn, serial } = drive;
    const name = (wwn || serial || path).replaceAll(/[^A-Za-z0-9.-]/g, '_');
    const lock = await tryLock(join(directory, `${name}.lock`));
    if (lock === undefined) {
      await letGo();
      throw new UsageError(`--drive ${path}: another run of ulogcheck tests this drive. Wait for its end.`);
    }
    locks.push(lock);
  }
  return { [Symbol.asyncDispose]: letGo };
}

/** Looks at each of the drives, tells what they are and hold, and asks for consent. Throws {@link UsageError}, DriveRefused. */
async function lookAtDrives(
  { drive: paths, driveProfile, ...consent }: DriveOptions,
  programs: HostPrograms,
  interruption: Interruption,
): Promise<readonly Inspected[]> {
  const profile = await loadDriveProfile(driveProfile);
  const files: string[] = [];
  for (const path of paths) files.push(await checkDeviceFile(path));
  const inspected: Inspected[] = [];
  for (const file of files)
    inspected.push(
      await interruption.during('the look at the drives', inspectDrive(file, profile, programs)),
    );
  checkDistinct(inspected);
  process.stderr.write(describeDrives(inspected));
  checkConsent(inspected, consent, process.argv.slice(2));
  return inspected;
}

/** Empties the drives, does the run, and empties them again, whatever came of it. */
async function conductOn(
  drives: readonly RealDrive[],
  consent: DriveOptions,
  programs: HostPrograms,
  run: () => Promise<number>,
): Promise<number> {
  for (const { path, profile } of drives) {
    // A host may have taken a lock since the user was told that there is none.
    checkConsent([await inspectDrive(path, profile, programs)], consent, process.argv.slice(2));
    await leaveEmpty(path, programs);
  }
  // Tests leave nothing behind themselves, but for one that was killed.
  const tidyUp = async (): Promise<void> => {
    for (const { path } of drives) await leaveEmpty(path, programs);
  };
  const status = await run().catch(async (error: unknown) => {
    // It says more than what came of tidying up after it.
    await tidyUp().catch(() => undefined);
    throw error;
  });
  await tidyUp();
  return status;
}

/**
 * Runs the tests of drives on real drives of this machine, after a look at them that changes nothing and the user's
 * consent, and returns the exit status. Bad usage, devices that are no drives with In-Drive-Mutexes, and missing consent
 * throw before anything is written to any drive.
 */
export async function runOnDrives(
  options: RunOptions & DriveOptions,
  given: Partial<RunOptions>,
): Promise<number> {
  const started = new Date();
  const suite = suiteOfDrives(await loadSuite());
  // All tests of drives are in the full tier.
  const tier = given.tier ?? 'full';
  const selection = selectTests(options.grep, tier, suite);
  if (options.list) {
    process.stdout.write(renderList(selection, styleOf(process.stdout)));
    return EXIT.ok;
  }
  const reporting = new Reporting(options);
  await using programs = new HostPrograms();
  using interruption = new Interruption();
  try {
    const inspected = await lookAtDrives(options, programs, interruption);
    const drives = inspected.map(({ drive }) => drive);
    const locks = await takeDrives(inspected);
    try {
      const request = driveRequest(drives, suite, selection, {
        ...{ grep: options.grep, tier, strict: options.strict, seed: options.seed ?? newSeed(), started },
        out: await prepareOut(options.out, process.cwd(), started),
        html: reporting.runnerPage(drives.length),
      });
      beginReport(request, reporting);
      return await conductOn(drives, options, programs, () =>
        conduct(request, NOTHING_EARLIER, reporting, interruption),
      );
    } finally {
      await locks[Symbol.asyncDispose]();
    }
  } catch (error) {
    reporting.abandon(error);
    throw error;
  }
}
