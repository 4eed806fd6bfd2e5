/** What differs between firmware generations, and what nobody has published: one switch each (spec idm 3, 5, 6, 14). */

/** How many there may be (spec idm 6.4). */
export interface Limits {
  /** Entries of the drive; the next one fails with ASC 40h. */
  readonly entries: number;
  /** Distinct hosts of the drive; the next one fails with ASC 41h. */
  readonly hosts: number;
  /** Hosts of one mutex; the next one fails with ASC 42h. */
  readonly hostsOfMutex: number;
}

/** The switches of a firmware. */
export interface Firmware {
  readonly limits: Limits;
  /** Major version, byte 60h of VPD page C3h (spec idm 4). */
  readonly majorVersion: number;
  /**
   * The last shared holder's UNLOCK leaves an unlocked record, as an exclusive one's does. Off: the mutex disappears,
   * as drives of 2023 did, which their testers took for a defect (spec idm 6.2, release effect).
   */
  readonly keepLastShared: boolean;
  /** DESTROY of a mutex with expired holders only: GOOD by design, a conflict in 2020 (transcript SB2_00d LI1, T9). */
  readonly destroyExpired: 'good' | 'conflict';
  /** UNLOCK of an unlocked record: GOOD in the tests of 2023, a conflict in 2020 (SB2_00d L9.10). */
  readonly unlockOfUnlocked: 'good' | 'conflict';
  /** TRYLOCK by the holder itself, lease live: terminated in the tests of 2023; r00d likely a conflict (spec idm 14.2). */
  readonly relockLive: 'terminated' | 'conflict';
  /** TRYLOCK by the holder itself, lease expired: terminated by design; a conflict in 2020 (spec idm 6.2). */
  readonly relockExpired: 'terminated' | 'conflict';
  /** LOCK against other holders: 'busy' as it was meant, which Linux repeats for 15 s (SB2_00d 6o; spec idm 5). */
  readonly lockContention: 'conflict' | 'busy';
  /** A lock of an absent mutex or an unlocked record takes the LVB from its payload, as in 2020 (spec idm 3.4). */
  readonly lvbCopiedAtLock: boolean;
  /** A BREAK that is refused removes the expired holders nonetheless (spec idm 6.2, side effect of BREAK). */
  readonly refusedBreakEvictsExpired: boolean;
  /** Two or more live sharers are reported as 0103h. Off: every live holder as 0101h (spec idm 3.2, inferred). */
  readonly reportsMultipleLocked: boolean;
  /** A list read gives the entries of all groups, as early firmware did (spec idm 6.5). */
  readonly readIgnoresGroup: boolean;
  /** Blocks behind the last entry hold garbage instead of the end marker, as one drive did (spec idm 6.6). */
  readonly garbagePadding: boolean;
  /** Takes the CDBs of before 2022 too (spec idm 2.5). */
  readonly legacyAliases: boolean;
  /** Sense data in descriptor form, as in the transcripts; off: fixed form (spec idm 5). */
  readonly descriptorSense: boolean;
  /** Unknown operations are 07/30 with FRU 2, as on firmware of 2020 (SB2_00d L9.9); off: "invalid opcode". */
  readonly invalidOpOf2020: boolean;
  /** Full tables are 0B/55/03 and an unknown operation 05/20/00 FRU 0Ah, which hosts do not know (spec idm 5, 14.5). */
  readonly newerSense: boolean;
}

/** Limits of the firmware of 2020-06-29 (spec idm 6.4). */
export const LIMITS_OF_2020: Limits = { entries: 128, hosts: 32, hostsOfMutex: 32 };

/** What the tests of 2023 assert, and the spec's choice where nothing is known. */
export const FIRMWARE_2023: Firmware = {
  limits: LIMITS_OF_2020,
  majorVersion: 1,
  keepLastShared: false,
  destroyExpired: 'good',
  unlockOfUnlocked: 'good',
  relockLive: 'terminated',
  relockExpired: 'terminated',
  lockContention: 'conflict',
  lvbCopiedAtLock: false,
  refusedBreakEvictsExpired: false,
  reportsMultipleLocked: true,
  readIgnoresGroup: false,
  garbagePadding: false,
  legacyAliases: false,
  descriptorSense: false,
  invalidOpOf2020: false,
  newerSense: false,
};

/** What the transcripts of 2020 show (spec idm 11: r00d and r13b). */
export const FIRMWARE_2020: Firmware = {
  ...FIRMWARE_2023,
  destroyExpired: 'conflict',
  unlockOfUnlocked: 'conflict',
  relockLive: 'conflict',
  relockExpired: 'conflict',
  lvbCopiedAtLock: true,
  reportsMultipleLocked: false,
  readIgnoresGroup: true,
  legacyAliases: true,
  descriptorSense: true,
  invalidOpOf2020: true,
};
