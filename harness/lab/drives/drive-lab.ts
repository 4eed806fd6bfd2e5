import type { DriveLimits } from '../../history/index.js';
import type { MajorityLock } from './majority-lock.js';
import type { Mutex } from './mutex.js';
import type { RawCommands } from './raw-commands.js';

/** Which drives a test of locks asks for; the rest is for emulated ones only. */
export interface DrivesWanted {
  /** Default: 1. */
  readonly count?: number;
}

/** Drives with In-Drive-Mutexes, as a test of their locks holds them. */
export interface DrivesOfLocks {
  /** How much their tables hold, or are said to. */
  readonly limits: DriveLimits;
  /**
   * Lets so many milliseconds of the test's time go by on all of them. What had a lease that is over by then has expired
   * when this returns; what has not is still live. Throws InfraError where the drive's own time does not allow for that.
   */
  elapse(ms: number): Promise<void>;
}

/**
 * What a test of drives holds, whether these are emulated ones that VMs log in to ({@link file://../test-lab.ts}) or real
 * ones of this machine ({@link file://../real-drives/real-drive-lab.ts}): one host, and the verbs that both have. Hosts are
 * told apart by the id in the data block and nothing else (spec idm 1).
 */
export interface DriveLab {
  /** Name of this host, and of its node where it has one. */
  readonly nodeName: string;
  /** Drives whose mutex tables are empty. Throws NotApplicable where there are not so many. */
  lockDrives(wanted?: DrivesWanted): Promise<DrivesOfLocks>;
  /** The mutex of that name on one of the drives, for this host, by a way of its own to the drive. */
  mutex(drives: DrivesOfLocks, resource: string, where?: { readonly lun?: number }): Promise<Mutex>;
  /** The lock of that name over all of the drives, for this host: had with more than half of them. */
  majorityLock(drives: DrivesOfLocks, resource: string): Promise<MajorityLock>;
  /** The first of the drives, for commands that a test lays out byte by byte. */
  rawCommands(drives: DrivesOfLocks): Promise<RawCommands>;
  /** One more host. */
  anotherNode(): Promise<DriveLab>;
  /** Resets one of the drives, as the kernel does when commands do not come back. */
  resetUnit(drives: DrivesOfLocks, lun?: number): Promise<void>;
}
