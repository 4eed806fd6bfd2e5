import { FIRMWARE_2023, type Firmware } from '../../disks/idm/index.js';
import type { DiskProfileEvent } from '../../history/index.js';

const ANSWER = { good: 'GOOD', conflict: 'RC', terminated: 'CT', busy: 'BUSY' } as const;

/**
 * What a history says of drives that are made with this firmware (`false`: plain disks): what the judge holds them to,
 * in the words of spec idm 6 and not in the model's.
 */
export function drivesProfile(firmware: Firmware | false = FIRMWARE_2023): DiskProfileEvent['mutexes'] {
  if (firmware === false) return null;
  const { limits, majorVersion, keepLastShared, lvbCopiedAtLock, readIgnoresGroup } = firmware;
  const { legacyAliases, newerSense } = firmware;
  return {
    limits: { ...limits },
    ...{ majorVersion, keepLastShared, lvbCopiedAtLock, readIgnoresGroup, legacyAliases, newerSense },
    destroyExpired: ANSWER[firmware.destroyExpired],
    unlockOfUnlocked: ANSWER[firmware.unlockOfUnlocked],
    relockLive: ANSWER[firmware.relockLive],
    relockExpired: ANSWER[firmware.relockExpired],
    lockContention: ANSWER[firmware.lockContention],
    refusedBreakEvicts: firmware.refusedBreakEvictsExpired,
    multipleLocked: firmware.reportsMultipleLocked,
    anyPadding: firmware.garbagePadding,
  };
}
