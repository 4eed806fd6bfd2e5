/** What a drive may do where the specification leaves it free: every list holds what is allowed. */
import type { DiskProfileEvent } from '../../history/index.js';
import type { Answer } from './vocabulary.js';

/** Limits of the table (spec idm 6.4). */
export interface TableLimits {
  readonly entries: number;
  readonly hosts: number;
  readonly hostsOfMutex: number;
}

/** The freedom that a drive has. */
export interface LockProfile {
  /** Undefined: not known, so that a full table is believed at any time. */
  readonly limits: TableLimits | undefined;
  /** Byte 60h of VPD page C3h; undefined: any but 0 (spec idm 4). */
  readonly majorVersion: number | undefined;
  /** The last shared UNLOCK leaves a record (spec idm 6.2, release effect). */
  readonly keepLastShared: readonly boolean[];
  /** DESTROY of expired holders only (IDM-59). */
  readonly destroyExpired: readonly Answer[];
  /** UNLOCK of an unlocked record (IDM-34). */
  readonly unlockOfUnlocked: readonly Answer[];
  /** TRYLOCK by the holder itself (IDM-23, and spec idm 6.2 for the expired one). */
  readonly relockLive: readonly Answer[];
  readonly relockExpired: readonly Answer[];
  /** LOCK against other holders. */
  readonly lockContention: readonly Answer[];
  /** A lock of an absent or unlocked mutex takes its LVB from the payload (spec idm 3.4). */
  readonly lvbCopiedAtLock: readonly boolean[];
  /** A refused BREAK removes expired holders (spec idm 6.2). */
  readonly refusedBreakEvicts: readonly boolean[];
  /** Two or more live sharers read 0103h (IDM-37). */
  readonly multipleLocked: readonly boolean[];
  /** A list read gives all groups (spec idm 6.5). */
  readonly readIgnoresGroup: boolean;
  /** Anything may stand behind the last entry (spec idm 6.6). */
  readonly anyPadding: boolean;
  /** The CDBs of before 2022 are mutex commands too (spec idm 2.5). */
  readonly legacyAliases: boolean;
  /** Full tables are told by 0B/55/03, which hosts of today do not know (spec idm 5, 14.5). */
  readonly newerSense: boolean;
}

/** What section 6 prescribes; both answers where it tells tests to accept both. */
export const PRESCRIBED: LockProfile = {
  limits: { entries: 128, hosts: 32, hostsOfMutex: 32 },
  majorVersion: undefined,
  keepLastShared: [false],
  destroyExpired: ['GOOD'],
  unlockOfUnlocked: ['GOOD'],
  relockLive: ['CT'],
  relockExpired: ['CT', 'RC'],
  lockContention: ['RC'],
  lvbCopiedAtLock: [false],
  refusedBreakEvicts: [false, true],
  multipleLocked: [true],
  readIgnoresGroup: false,
  anyPadding: false,
  legacyAliases: false,
  newerSense: false,
};

/** A drive of which only what every generation did is demanded. */
export const ANY_GENERATION: LockProfile = {
  limits: undefined,
  majorVersion: undefined,
  keepLastShared: [false, true],
  destroyExpired: ['GOOD', 'RC'],
  unlockOfUnlocked: ['GOOD', 'RC'],
  relockLive: ['CT', 'RC'],
  relockExpired: ['CT', 'RC'],
  lockContention: ['RC', 'BUSY'],
  lvbCopiedAtLock: [false, true],
  refusedBreakEvicts: [false, true],
  multipleLocked: [false, true],
  readIgnoresGroup: false,
  anyPadding: true,
  legacyAliases: false,
  newerSense: false,
};

/** What a drive is held to by what a history says of it; undefined: it has no mutexes. */
export function declaredProfile({ mutexes }: DiskProfileEvent): LockProfile | undefined {
  if (mutexes === null) return undefined;
  const { limits, majorVersion, readIgnoresGroup, anyPadding, legacyAliases, newerSense } = mutexes;
  return {
    ...{ limits, majorVersion, readIgnoresGroup, anyPadding, legacyAliases, newerSense },
    keepLastShared: [mutexes.keepLastShared],
    destroyExpired: [mutexes.destroyExpired],
    unlockOfUnlocked: [mutexes.unlockOfUnlocked],
    relockLive: [mutexes.relockLive],
    relockExpired: [mutexes.relockExpired],
    lockContention: [mutexes.lockContention],
    lvbCopiedAtLock: [mutexes.lvbCopiedAtLock],
    refusedBreakEvicts: [mutexes.refusedBreakEvicts],
    multipleLocked: [mutexes.multipleLocked],
  };
}

/** Each drive's profile, from what a history says of them; of drives that it says nothing of, what is prescribed. */
export function profilesOf(events: readonly DiskProfileEvent[]): (drive: string) => LockProfile | undefined {
  const declared = new Map(events.map((event) => [event.drive, declaredProfile(event)]));
  return (drive) => (declared.has(drive) ? declared.get(drive) : PRESCRIBED);
}
