/** Drives that treat unlocked records wrongly, and holders that a BREAK ousted or made. */
import type { MutexOutcome } from '../answers.js';
import { isShared, type Entry, type Mutex, type MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

class InitLeavesUnlocked extends MutexTable {
  override init(request: MutexRequest, now: bigint): MutexOutcome {
    const made = this.find(request) === undefined;
    const outcome = super.init(request, now);
    const [entry] = this.find(request)?.entries ?? [];
    if (made && entry !== undefined) entry.held = false;
    return outcome;
  }
}

class RecordKeepsOldHost extends MutexTable {
  protected override reuse(mutex: Mutex, request: MutexRequest, now: bigint): MutexOutcome {
    const [record] = mutex.entries;
    return super.reuse(mutex, { ...request, host: record?.host ?? request.host }, now);
  }
}

class RecordNotUnlocked extends MutexTable {
  override unlock(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    return mutex !== undefined && !this.isHeld(mutex) ? 'conflict' : super.unlock(request);
  }
}

class RecordNotDestroyed extends MutexTable {
  override destroy(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    return mutex !== undefined && !this.isHeld(mutex) ? 'conflict' : super.destroy(request, now);
  }
}

class RefreshTakesRecords extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    return mutex !== undefined && !this.isHeld(mutex)
      ? this.reuse(mutex, request, now)
      : super.refresh(request, now);
  }
}

class UnlockOfBrokenLock extends MutexTable {
  readonly #ousted = new Map<Mutex, ReadonlySet<string>>();

  protected override takeOver(
    mutex: Mutex,
    own: Entry | undefined,
    request: MutexRequest,
    now: bigint,
  ): void {
    this.#ousted.set(mutex, new Set(mutex.entries.map(({ host }) => host)));
    super.takeOver(mutex, own, request, now);
  }

  override unlock(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    const ousted = mutex !== undefined && this.#ousted.get(mutex)?.has(request.host) === true;
    return ousted && this.entryOf(mutex, request.host) === undefined ? 'good' : super.unlock(request);
  }
}

class BreakDoesNotPromote extends MutexTable {
  override break(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const member = mutex !== undefined && this.entryOf(mutex, request.host) !== undefined;
    const several = (mutex?.entries.length ?? 0) > 1;
    return member && several && !isShared(request.lockClass) ? 'conflict' : super.break(request, now);
  }
}

export const RECORDS: readonly DriveMutant[] = [
  {
    name: 'init-leaves-unlocked',
    breaks: 'IDM-20',
    description: 'INIT of an absent mutex makes a record that nobody holds',
    create: withTable(InitLeavesUnlocked),
  },
  {
    name: 'record-keeps-old-host',
    breaks: 'IDM-28',
    description: 'TRYLOCK of an unlocked record locks it for the host that left it',
    alsoBreaks: 'anything',
    create: withTable(RecordKeepsOldHost),
  },
  {
    name: 'unlock-of-record-refused',
    breaks: 'IDM-34',
    description: 'UNLOCK of an unlocked record is a conflict, without the profile that says so',
    create: withTable(RecordNotUnlocked),
  },
  {
    name: 'destroy-of-record-refused',
    breaks: 'IDM-57',
    description: 'DESTROY of an unlocked record is a conflict',
    create: withTable(RecordNotDestroyed),
  },
  {
    name: 'refresh-takes-records',
    breaks: 'IDM-43',
    description: 'REFRESH locks an unlocked record',
    create: withTable(RefreshTakesRecords),
  },
  {
    name: 'unlock-of-broken-lock',
    breaks: 'IDM-50',
    description: 'UNLOCK by a host that a BREAK ousted is GOOD, as if it still held the mutex',
    create: withTable(UnlockOfBrokenLock),
  },
  {
    name: 'break-does-not-promote',
    breaks: 'IDM-52',
    description:
      'BREAK by a sharer that wants the mutex for itself is a conflict, although all others expired',
    create: withTable(BreakDoesNotPromote),
  },
];
