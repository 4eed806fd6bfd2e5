/** Drives that refuse what a host is entitled to, or that forget what they granted. */
import type { MutexOutcome } from '../answers.js';
import { MUTEX_OP } from '../cdb.js';
import { MutexCommands } from '../commands.js';
import { STATE } from '../data-block.js';
import type { MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

class LockForgotten extends MutexTable {
  protected override create(): MutexOutcome {
    return 'good';
  }
}

/** UNLOCKs by holders whose entries have this state are conflicts. */
const refusingUnlock = (state: bigint): DriveMutant['create'] => {
  class RefusesUnlock extends MutexCommands {
    protected override operate(op: number, request: MutexRequest, now: bigint): MutexOutcome {
      const own = this.table
        .list(request.group, now)
        .find(({ mutex, entry }) => mutex.resource === request.resource && entry.host === request.host);
      if (op === MUTEX_OP.unlock && own?.state === state) return 'conflict';
      return super.operate(op, request, now);
    }
  }
  return (firmware) => new RefusesUnlock(firmware);
};

class BreakTakesRecords extends MutexTable {
  override break(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    return mutex !== undefined && !this.isHeld(mutex)
      ? this.reuse(mutex, request, now)
      : super.break(request, now);
  }
}

class BreakOfOwnRefused extends MutexTable {
  override break(request: MutexRequest, now: bigint): MutexOutcome {
    const entries = this.find(request)?.entries ?? [];
    const alone = entries.length === 1 && entries.every(({ host }) => host === request.host);
    return alone ? 'conflict' : super.break(request, now);
  }
}

class DestroyOfExpiredRefused extends MutexTable {
  override destroy(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    return mutex !== undefined && this.isHeld(mutex) ? 'conflict' : super.destroy(request, now);
  }
}

export const REFUSING: readonly DriveMutant[] = [
  {
    name: 'lock-forgotten',
    breaks: 'IDM-19',
    description: 'TRYLOCK of an absent mutex is GOOD, and makes none',
    alsoBreaks: 'anything',
    create: withTable(LockForgotten),
  },
  {
    name: 'unlock-refused',
    breaks: 'IDM-29',
    description: 'UNLOCK by the holder of an exclusive lock is a conflict while the lease is live',
    alsoBreaks: 'anything',
    create: refusingUnlock(STATE.locked),
  },
  {
    name: 'late-unlock-refused',
    breaks: 'IDM-30',
    description: 'UNLOCK by the holder is a conflict after its lease ran out, although nobody broke the lock',
    create: refusingUnlock(STATE.timeout),
  },
  {
    name: 'break-takes-records',
    breaks: 'IDM-54',
    description: 'BREAK locks an unlocked record',
    create: withTable(BreakTakesRecords),
  },
  {
    name: 'break-of-own-refused',
    breaks: 'IDM-55',
    description: 'BREAK by the only holder itself is a conflict',
    create: withTable(BreakOfOwnRefused),
  },
  {
    name: 'destroy-of-expired-refused',
    breaks: 'IDM-59',
    description:
      'DESTROY of a mutex with expired holders only is a conflict, without the profile that says so',
    create: withTable(DestroyOfExpiredRefused),
  },
];
