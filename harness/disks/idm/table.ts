/**
 * The operations on the mutex table of one logical unit: what each answers and changes, given the time of the drive's
 * own clock in nanoseconds (spec idm 6.2). Hosts are known by their ids only; nexuses do not matter. Each operation is
 * one synchronous call, hence atomic (IDM-62). Made to be extended: mutants override single decisions.
 */
import type { MutexOutcome } from './answers.js';
import { LVB_CONTROL } from './data-block.js';
import { hostsBut } from './limits.js';
import { blankLvb, isKnownClass, isShared, type Entry, type Mutex, type MutexRequest } from './mutex.js';
import { MutexStore } from './store.js';

/** The table. */
export class MutexTable extends MutexStore {
  /** TRYLOCK (2). */
  trylock(request: MutexRequest, now: bigint): MutexOutcome {
    return this.acquire(request, now, 'conflict');
  }

  /** LOCK (3): never sent by hosts; differs in what contention is called. */
  lock(request: MutexRequest, now: bigint): MutexOutcome {
    return this.acquire(request, now, this.firmware.lockContention);
  }

  /** INIT (1): makes a held mutex, and never touches one that exists. */
  init(request: MutexRequest, now: bigint): MutexOutcome {
    if (!isKnownClass(request.lockClass)) return 'invalid-class';
    return this.find(request) === undefined ? this.create(request, now) : 'conflict';
  }

  /** UNLOCK (4), also of a lease that ran out as long as nobody broke it. */
  unlock(request: MutexRequest): MutexOutcome {
    const mutex = this.find(request);
    if (mutex === undefined) return 'not-found';
    if (!this.isHeld(mutex)) return this.firmware.unlockOfUnlocked;
    const own = this.entryOf(mutex, request.host);
    if (own === undefined) return 'conflict';
    if (request.lockClass !== mutex.lockClass) return 'terminated';
    this.storeLvb(mutex, request);
    this.release(mutex, own);
    return 'good';
  }

  /** REFRESH (5): renews the lease and converts between classes. */
  refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    if (mutex === undefined) return 'not-found';
    const own = this.isHeld(mutex) ? this.entryOf(mutex, request.host) : undefined;
    if (own === undefined) return 'conflict';
    if (!isKnownClass(request.lockClass)) return 'invalid-class';
    if (!isShared(request.lockClass) && !this.mayPromote(mutex, own)) return 'terminated';
    this.grant(mutex, own, request, now);
    return 'good';
  }

  /** BREAK (6): takes the mutex over once no other holder's lease is live. */
  break(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    if (mutex === undefined) return 'not-found';
    if (!this.isHeld(mutex)) return 'conflict';
    if (!isKnownClass(request.lockClass)) return 'invalid-class';
    const own = this.entryOf(mutex, request.host);
    const others = mutex.entries.filter((entry) => entry !== own);
    if (others.some((entry) => !this.isBreakable(entry, now))) {
      if (this.firmware.refusedBreakEvictsExpired)
        mutex.entries = mutex.entries.filter((entry) => entry === own || !this.isExpired(entry, now));
      return 'conflict';
    }
    this.takeOver(mutex, own, request, now);
    return 'good';
  }

  /** DESTROY (7): host and class of the request do not matter. */
  destroy(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    if (mutex === undefined) return 'not-found';
    const held = mutex.entries.filter((entry) => entry.held);
    if (held.some((entry) => !this.isExpired(entry, now))) return 'conflict';
    if (held.length > 0 && this.firmware.destroyExpired === 'conflict') return 'conflict';
    this.remove(mutex);
    return 'good';
  }

  protected acquire(request: MutexRequest, now: bigint, contention: MutexOutcome): MutexOutcome {
    if (!isKnownClass(request.lockClass)) return 'invalid-class';
    const mutex = this.find(request);
    if (mutex === undefined) return this.create(request, now);
    if (!this.isHeld(mutex)) return this.reuse(mutex, request, now);
    const own = this.entryOf(mutex, request.host);
    if (own !== undefined) {
      const { relockExpired, relockLive } = this.firmware;
      return this.isExpired(own, now) ? relockExpired : relockLive;
    }
    // Expired holders keep others out too, until somebody breaks them (IDM-27).
    if (!this.isCompatible(mutex, request)) return contention;
    return this.join(mutex, request, now);
  }

  /** True when the request may hold beside the present holders. */
  protected isCompatible(mutex: Mutex, request: MutexRequest): boolean {
    return isShared(mutex.lockClass) && isShared(request.lockClass);
  }

  /** True when `own` may have a class that bears no other holder, be they expired or not (IDM-48). */
  protected mayPromote(mutex: Mutex, own: Entry): boolean {
    return mutex.entries.every((entry) => entry === own);
  }

  protected create(request: MutexRequest, now: bigint): MutexOutcome {
    const full = this.fullFor(request.host, undefined);
    if (full !== undefined) return full;
    const { group, resource, lockClass } = request;
    const mutex: Mutex = { group, resource, lockClass, lvb: this.firstLvb(request, blankLvb()), entries: [] };
    this.mutexes.set(`${group}/${resource}`, mutex);
    mutex.entries.push(this.newEntry(request, now));
    return 'good';
  }

  /** Locks an unlocked record: the requester takes the old host's place, and the LVB stays (IDM-28, IDM-64). */
  protected reuse(mutex: Mutex, request: MutexRequest, now: bigint): MutexOutcome {
    const record = mutex.entries[0];
    if (record === undefined) return 'not-found';
    const hosts = hostsBut(this.mutexes.values(), record);
    if (!hosts.has(request.host) && hosts.size >= this.firmware.limits.hosts) return 'hosts-full';
    record.host = request.host;
    mutex.lvb = this.firstLvb(request, mutex.lvb);
    this.grant(mutex, record, request, now);
    return 'good';
  }

  protected join(mutex: Mutex, request: MutexRequest, now: bigint): MutexOutcome {
    const full = this.fullFor(request.host, mutex);
    if (full !== undefined) return full;
    mutex.entries.push(this.newEntry(request, now));
    return 'good';
  }

  /** The holder's lease begins anew, with what the request says. */
  protected grant(mutex: Mutex, entry: Entry, request: MutexRequest, now: bigint): void {
    const { lockClass, countdown, timeNow, metadata } = request;
    mutex.lockClass = lockClass;
    Object.assign(entry, {
      held: true,
      countdown,
      timeNow,
      metadata,
      grantedAt: now,
    } satisfies Partial<Entry>);
  }

  protected takeOver(mutex: Mutex, own: Entry | undefined, request: MutexRequest, now: bigint): void {
    const entry = own ?? this.newEntry(request, now);
    mutex.entries = [entry];
    this.grant(mutex, entry, request, now);
  }

  /** Exclusive: the record stays, unlocked. Shared: the entry goes, with the last one the mutex (IDM-33, 35, 36). */
  protected release(mutex: Mutex, own: Entry): void {
    const last = mutex.entries.length === 1;
    if (last && (!isShared(mutex.lockClass) || this.firmware.keepLastShared)) {
      own.held = false;
      return;
    }
    mutex.entries = mutex.entries.filter((entry) => entry !== own);
    if (last) this.remove(mutex);
  }

  /** What an unlock does to the LVB (spec idm 3.4); codes that nobody defined leave it alone. */
  protected storeLvb(mutex: Mutex, { control, lvb }: MutexRequest): void {
    if (control === LVB_CONTROL.store || control === LVB_CONTROL.storeValid) mutex.lvb = lvb;
    else if (control === LVB_CONTROL.clear) mutex.lvb = blankLvb();
  }

  /** The LVB when an absent mutex or an unlocked record becomes locked. */
  protected firstLvb({ lvb }: MutexRequest, before: Buffer): Buffer {
    return this.firmware.lvbCopiedAtLock ? lvb : before;
  }
}
