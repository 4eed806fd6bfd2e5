/** Drives that break, release and destroy wrongly. */
import type { MutexOutcome } from '../answers.js';
import { blankLvb, isShared, type Entry, type Mutex, type MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

class BreaksLiveHolders extends MutexTable {
  protected override isBreakable(): boolean {
    return true;
  }
}

class BreakKeepsOldHolders extends MutexTable {
  protected override takeOver(
    mutex: Mutex,
    own: Entry | undefined,
    request: MutexRequest,
    now: bigint,
  ): void {
    const before = mutex.entries.filter((entry) => entry !== own);
    super.takeOver(mutex, own, request, now);
    mutex.entries = [...before, ...mutex.entries];
  }
}

class BreakForHoldersOnly extends MutexTable {
  override break(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const stranger = mutex !== undefined && this.entryOf(mutex, request.host) === undefined;
    return stranger ? 'conflict' : super.break(request, now);
  }
}

class EndlessIsProtected extends MutexTable {
  protected override isBreakable(entry: Entry, now: bigint): boolean {
    return this.isExpired(entry, now);
  }
}

class BreakLosesLvb extends MutexTable {
  protected override takeOver(
    mutex: Mutex,
    own: Entry | undefined,
    request: MutexRequest,
    now: bigint,
  ): void {
    super.takeOver(mutex, own, request, now);
    mutex.lvb = blankLvb();
  }
}

class DestroysHeld extends MutexTable {
  override destroy(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    if (mutex === undefined) return 'not-found';
    this.remove(mutex);
    return 'good';
  }
}

class DestroyKeepsLvb extends MutexTable {
  readonly #kept = new Map<string, Buffer>();

  protected override remove(mutex: Mutex): void {
    this.#kept.set(mutex.resource, mutex.lvb);
    super.remove(mutex);
  }

  protected override firstLvb(request: MutexRequest, before: Buffer): Buffer {
    return this.find(request) === undefined ? (this.#kept.get(request.resource) ?? before) : before;
  }
}

class UnlocksForStrangers extends MutexTable {
  override unlock(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    const [holder] = mutex?.entries ?? [];
    const stranger =
      mutex !== undefined && this.isHeld(mutex) && this.entryOf(mutex, request.host) === undefined;
    if (!stranger || holder === undefined) return super.unlock(request);
    return super.unlock({ ...request, host: holder.host, lockClass: mutex.lockClass });
  }
}

class UnlockKeepsLock extends MutexTable {
  protected override release(): void {
    // The answer is GOOD all the same.
  }
}

class UnlockForgetsRecord extends MutexTable {
  protected override release(mutex: Mutex, own: Entry): void {
    super.release(mutex, own);
    if (!this.isHeld(mutex)) this.remove(mutex);
  }
}

class UnlockIgnoresClass extends MutexTable {
  override unlock(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    return super.unlock(mutex === undefined ? request : { ...request, lockClass: mutex.lockClass });
  }
}

class UnlockDropsSharers extends MutexTable {
  protected override release(mutex: Mutex, own: Entry): void {
    if (isShared(mutex.lockClass)) this.remove(mutex);
    else super.release(mutex, own);
  }
}

class SharedUnlockKeepsRecord extends MutexTable {
  protected override release(mutex: Mutex, own: Entry): void {
    if (mutex.entries.length === 1) own.held = false;
    else super.release(mutex, own);
  }
}

export const BREAKING: readonly DriveMutant[] = [
  {
    name: 'breaks-live-holders',
    breaks: 'IDM-53',
    description: 'BREAK takes the mutex from a live holder',
    alsoBreaks: ['IDM-117'],
    create: withTable(BreaksLiveHolders),
  },
  {
    name: 'break-keeps-old-holders',
    breaks: 'IDM-49',
    description: 'BREAK adds the caller and leaves the expired holders in place',
    alsoBreaks: ['IDM-52', 'IDM-56', 'IDM-51'],
    create: withTable(BreakKeepsOldHolders),
  },
  {
    name: 'break-for-holders-only',
    breaks: 'IDM-49',
    description: 'BREAK by a host that is not among the holders is a conflict even after expiry',
    alsoBreaks: ['IDM-56'],
    create: withTable(BreakForHoldersOnly),
  },
  {
    name: 'endless-is-protected',
    breaks: 'IDM-56',
    description: 'BREAK cannot remove a holder whose lease has no end',
    create: withTable(EndlessIsProtected),
  },
  {
    name: 'break-loses-lvb',
    breaks: 'IDM-66',
    description: 'BREAK sets the LVB to zero',
    create: withTable(BreakLosesLvb),
  },
  {
    name: 'destroys-held',
    breaks: 'IDM-58',
    description: 'DESTROY removes a mutex that a live holder has',
    create: withTable(DestroysHeld),
  },
  {
    name: 'destroy-keeps-lvb',
    breaks: 'IDM-68',
    description: 'a mutex made after DESTROY has the LVB of the one before',
    create: withTable(DestroyKeepsLvb),
  },
  {
    name: 'unlocks-for-strangers',
    breaks: 'IDM-31',
    description: "UNLOCK by a stranger releases somebody else's lock",
    alsoBreaks: ['IDM-50'],
    create: withTable(UnlocksForStrangers),
  },
  {
    name: 'unlock-keeps-lock',
    breaks: 'IDM-33',
    description: 'UNLOCK is GOOD, and the host still holds the mutex',
    alsoBreaks: ['IDM-28', 'IDM-34', 'IDM-36', 'IDM-57'],
    create: withTable(UnlockKeepsLock),
  },
  {
    name: 'unlock-forgets-record',
    breaks: 'IDM-33',
    description: 'UNLOCK of an exclusive lock removes the mutex, and its LVB with it',
    alsoBreaks: ['IDM-21', 'IDM-34', 'IDM-57', 'IDM-64', 'IDM-66'],
    create: withTable(UnlockForgetsRecord),
  },
  {
    name: 'unlock-ignores-class',
    breaks: 'IDM-32',
    description: 'UNLOCK naming the other class releases the lock',
    create: withTable(UnlockIgnoresClass),
  },
  {
    name: 'unlock-drops-sharers',
    breaks: 'IDM-36',
    description: 'UNLOCK by one sharer removes the locks of all',
    create: withTable(UnlockDropsSharers),
  },
  {
    name: 'shared-unlock-keeps-record',
    breaks: 'IDM-35',
    description: 'the last shared UNLOCK leaves an unlocked record, without the profile that says so',
    create: withTable(SharedUnlockKeepsRecord),
  },
];
