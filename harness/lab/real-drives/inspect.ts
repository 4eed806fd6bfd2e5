import type { DataBlock } from '../../disks/idm/index.js';
import type { DriveProfile, RealDrive } from '../../plan/real-drive.js';
import { InfraError } from '../../vm/index.js';
import { SgDevice, SgRefused } from '../drives/sg-device.js';
import { DriveRefused, identify } from './identify.js';
import { emptyTable, readMutexes } from './mutex-list.js';
import type { Programs } from './opened-drive.js';

/** A drive with In-Drive-Mutexes, and what is in its table. */
export interface Inspected {
  readonly drive: RealDrive;
  /** As the drive counts. */
  readonly count: number;
  /** The first 256 of them. */
  readonly entries: readonly DataBlock[];
}

/**
 * Looks at a drive by commands that change nothing: TEST UNIT READY, INQUIRY, and reads of its mutexes once it is known to
 * have the version page of drives that have some. Throws DriveRefused for a device that has none, InfraError when it cannot
 * be asked.
 */
export async function inspectDrive(
  path: string,
  profile: DriveProfile,
  programs: Programs,
): Promise<Inspected> {
  try {
    await using device = await SgDevice.open(programs, path);
    const identity = await identify(device, profile.versionPage);
    await device.untilReady();
    const { count, entries } = await readMutexes(device).catch((error: unknown) => {
      if (!(error instanceof InfraError)) throw error;
      throw new DriveRefused(
        `${error.message}, so it has no In-Drive-Mutexes as they are known here. Nothing was written.`,
      );
    });
    return { drive: { ...identity, profile }, count, entries };
  } catch (error) {
    if (!(error instanceof SgRefused)) throw error;
    throw new DriveRefused(
      `${error.message}: commands of vendors need root (CAP_SYS_RAWIO). Nothing was written.`,
    );
  }
}

/** Removes all mutexes of a drive that was tested. Throws InfraError when some stay. */
export async function leaveEmpty(path: string, programs: Programs): Promise<void> {
  await using device = await SgDevice.open(programs, path);
  await device.untilReady();
  await emptyTable(device);
}
