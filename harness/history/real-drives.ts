/** What tests of drives note about real ones of this machine (docs/real-drives.md), and the same of emulated ones. */
import { z } from 'zod';
import type { HistoryEvent } from './events.js';
import type { History } from './history.js';

/** Name of the observation that tells which real drive a test has; its value is the drive, as plans name it. */
export const REAL_DRIVE = 'real-drive';

/** Name of the observation that a test waited for leases in real time; its value is a LeaseWait. */
export const LEASE_WAIT = 'lease-wait';

/** Name of the observation that a real unit was reset; its value is { drive, sense }. */
export const UNIT_RESET = 'unit-reset';

/** Name of the observation that tells the limits of a real drive, as its profile has them; its value is a DriveLimits. */
export const DRIVE_LIMITS = 'drive-limits';

/** How long a test waited, and what became of leases that should have ended meanwhile; all in ms of real time. */
export type LeaseWait = {
  /** What the test asked for, in its own time. */
  readonly asked: number;
  readonly waited: number;
  readonly leases: {
    readonly host: string;
    readonly resource: string;
    readonly countdown: number;
    /** Bounds of when it was first seen to have ended, from when it was given; null: it was not. */
    readonly ended: { readonly least: number; readonly most: number } | null;
  }[];
};

const limitsSchema = z.strictObject({
  entries: z.int().positive(),
  hosts: z.int().positive(),
  hostsOfMutex: z.int().positive(),
});
/** How much fits into the mutex table of a drive (spec idm 6.4). */
export type DriveLimits = Readonly<z.infer<typeof limitsSchema>>;

/** Of the firmware of 2020, and of emulated drives (spec idm 6.4). */
export const USUAL_LIMITS: DriveLimits = { entries: 128, hosts: 32, hostsOfMutex: 32 };

/** The limits that the drives of a test have, or are said to have. */
export function driveLimits(history: History): DriveLimits {
  const told = history.observations(DRIVE_LIMITS).at(-1);
  return told === undefined ? USUAL_LIMITS : limitsSchema.parse(told.value);
}

/** Unit attention of a reset: key 6, code 29h, in fixed or descriptor form (SPC-4 4.5). */
const TOLD_OF_RESET = /^(7[01]..06(..){9}29|7[23]0629)/;

/**
 * What shows that a unit was reset: an emulated drive's own trace; of a real one, that it said so itself with the unit
 * attention that came next.
 */
export function unitResets(history: History): readonly HistoryEvent[] {
  const told = history.observations(UNIT_RESET).filter(({ value }) => {
    const { sense } = z.looseObject({ sense: z.string() }).parse(value);
    return TOLD_OF_RESET.test(sense);
  });
  return [...history.diskEvents().filter(({ kind }) => kind === 'disk-reset'), ...told];
}
