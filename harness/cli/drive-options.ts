/** Options of `run` for real drives of this machine. */
import type { Command } from 'commander';
import { WIPE_LIVE_LOCKS, WIPE_MUTEXES, type Consent } from './drive-consent.js';
import { UsageError } from './errors.js';
import { collected } from './options.js';

/** What `run` was told of real drives. */
export interface DriveOptions extends Consent {
  /** SCSI generic devices. */
  readonly drive: readonly string[];
  readonly driveProfile?: string;
}

/** Adds the options of {@link DriveOptions}. */
export function addDriveOptions(command: Command): Command {
  return command
    .option(
      '--drive <device>',
      'test a real drive with In-Drive-Mutexes, such as /dev/sg2, without any VM (docs/real-drives.md); repeatable',
      collected,
      [],
    )
    .option('--drive-profile <file>', "YAML: the drives' limits, and how long leases of tests are on them")
    .option(WIPE_MUTEXES, 'agree that --drive loses all mutexes of the drives', false)
    .option(WIPE_LIVE_LOCKS, 'agree that --drive loses locks, too, that hosts hold now', false);
}

/** Options of `run` that say nothing about drives of this machine, by their names in the program. */
const FOR_VMS: Readonly<Record<string, string>> = {
  kernel: '--kernel',
  daemon: '--daemon',
  userland: '--userland',
  lvm: '--lvm',
  qemu: '--qemu',
  workers: '--workers',
  shard: '--shard',
  resume: '--resume',
  keep: '--keep',
  dump: '--dump',
  gdb: '--gdb',
};

/** Throws {@link UsageError} for options that go with `--drive` only, and for those that do not go with it. */
export function checkDriveOptions(given: Readonly<Record<string, unknown>>): void {
  if (given['drive'] === undefined) {
    const [lonely] = [
      ['wipeMutexes', WIPE_MUTEXES],
      ['wipeLiveLocks', WIPE_LIVE_LOCKS],
      ['driveProfile', '--drive-profile'],
    ].filter(([name = '']) => given[name] !== undefined);
    if (lonely !== undefined)
      throw new UsageError(`${lonely[1]}: is about real drives. Name one with --drive, or leave it out.`);
    return;
  }
  const [odd] = Object.keys(FOR_VMS).filter((name) => given[name] !== undefined);
  if (odd === undefined) return;
  throw new UsageError(
    `--drive ${FOR_VMS[odd]}: drives are tested by this machine itself, one test at a time, without VMs. ` +
      `Leave ${FOR_VMS[odd]} out, or --drive.`,
  );
}
