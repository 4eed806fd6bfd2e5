/** The desk's trace as events of a history, and a firmware's switches as the specification's profile. */
import type { Firmware } from '../firmware.js';
import type { Traced } from './drive.js';

const bytes = (data: Buffer) => ({ length: data.length, bytes: Uint8Array.from(data) });

/** The event that a piece of trace is, as the only thing that went on: each piece takes three numbers of the order. */
export function traceEvent(traced: Traced, n: number, drive = 'D1') {
  const base = { n, t: traced.at, node: '' };
  const origin = { isid: '000000000000' };
  const { at } = traced;
  const order = 3 * n + 1;
  switch (traced.what) {
    case 'command': {
      const { initiator, login, cdb, direction, expectedLength, dataOut, ended } = traced;
      const { status, sense, dataIn } = ended;
      const moments = {
        arrived: traced.overlaps ? order - 4 : order - 1,
        executed: order,
        answered: order + 1,
      };
      return {
        ...{ kind: 'disk-command' as const, ...base, ...origin, initiator, login, drive, lun: 0, name: null },
        ...{ cdb: Uint8Array.from(cdb), direction, expectedLength, ...moments },
        ...{ dataOut: bytes(dataOut), dataIn: bytes(dataIn) },
        ...{ arrivedAt: at, at, answeredAt: at, outcome: 'status' as const, status },
        ...{ sense: Uint8Array.from(sense), fault: null },
      };
    }
    case 'login lost': {
      const { initiator, login } = traced;
      return {
        kind: 'disk-nexus' as const,
        ...base,
        ...origin,
        initiator,
        login,
        what: 'ended' as const,
        order,
        at,
      };
    }
    case 'unit-reset':
    case 'target-reset': {
      const lun = traced.what === 'unit-reset' ? 0 : null;
      return { kind: 'disk-reset' as const, ...base, ...origin, initiator: 'iqn', login: 1, lun, order, at };
    }
    case 'power-cut':
      return { kind: 'disk-power-cut' as const, ...base, drive, lun: 0, order, at };
  }
}

/** The whole trace. */
export function traceEvents(trace: readonly Traced[], drive = 'D1') {
  return trace.map((traced, n) => traceEvent(traced, n, drive));
}

/** What the specification allows a drive with these switches to do. */
export function profileOf(firmware: Firmware) {
  const refusal = { good: 'GOOD', conflict: 'RC', terminated: 'CT', busy: 'BUSY' } as const;
  return {
    limits: firmware.limits,
    majorVersion: firmware.majorVersion,
    keepLastShared: [firmware.keepLastShared],
    destroyExpired: [refusal[firmware.destroyExpired]],
    unlockOfUnlocked: [refusal[firmware.unlockOfUnlocked]],
    relockLive: [refusal[firmware.relockLive]],
    relockExpired: [refusal[firmware.relockExpired]],
    lockContention: [refusal[firmware.lockContention]],
    lvbCopiedAtLock: [firmware.lvbCopiedAtLock],
    refusedBreakEvicts: [firmware.refusedBreakEvictsExpired],
    multipleLocked: [firmware.reportsMultipleLocked],
    readIgnoresGroup: firmware.readIgnoresGroup,
    anyPadding: firmware.garbagePadding,
    legacyAliases: firmware.legacyAliases,
    newerSense: firmware.newerSense,
  };
}
