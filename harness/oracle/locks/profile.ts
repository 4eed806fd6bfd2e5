/** What a drive may do where the specification leaves it free: every list holds what is allowed. */
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
};
