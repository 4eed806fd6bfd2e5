/** Drives that grant what they should refuse, or refuse what they should grant. */
import type { MutexOutcome } from '../answers.js';
import { isShared, type Mutex, type MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

class TwoExclusiveHolders extends MutexTable {
  protected override isCompatible(mutex: Mutex, request: MutexRequest): boolean {
    return super.isCompatible(mutex, request) || (!isShared(mutex.lockClass) && !isShared(request.lockClass));
  }
}

class SharedBesideExclusive extends MutexTable {
  protected override isCompatible(_mutex: Mutex, request: MutexRequest): boolean {
    return isShared(request.lockClass);
  }
}

class ExclusiveBesideShared extends MutexTable {
  protected override isCompatible(mutex: Mutex): boolean {
    return isShared(mutex.lockClass);
  }
}

class SharersRefused extends MutexTable {
  protected override isCompatible(): boolean {
    return false;
  }
}

class ExpiredGrantedWithoutBreak extends MutexTable {
  override trylock(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const others = mutex?.entries.filter(({ host }) => host !== request.host) ?? [];
    const over = others.length > 0 && others.every((entry) => entry.held && this.isExpired(entry, now));
    if (mutex === undefined || !over || this.isCompatible(mutex, request)) return super.trylock(request, now);
    return this.break(request, now);
  }
}

/** Answers a TRYLOCK that would end with `from` with `to`. */
const answering = (from: MutexOutcome, to: MutexOutcome) =>
  class extends MutexTable {
    override trylock(request: MutexRequest, now: bigint): MutexOutcome {
      const outcome = super.trylock(request, now);
      return outcome === from ? to : outcome;
    }
  };

class InitTakesRecords extends MutexTable {
  override init(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    return mutex === undefined || this.isHeld(mutex)
      ? super.init(request, now)
      : this.reuse(mutex, request, now);
  }
}

class RefreshCreates extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    return this.find(request) === undefined ? this.create(request, now) : super.refresh(request, now);
  }
}

/** So often a host is refused before it is let in. */
const PATIENCE = 3;

class GivesIn extends MutexTable {
  readonly #refused = new Map<string, number>();

  override trylock(request: MutexRequest, now: bigint): MutexOutcome {
    const outcome = super.trylock(request, now);
    const mutex = this.find(request);
    const key = `${request.resource} ${request.host}`;
    const refused = outcome === 'conflict' ? (this.#refused.get(key) ?? 0) + 1 : 0;
    this.#refused.set(key, refused);
    if (mutex === undefined || refused < PATIENCE) return outcome;
    this.#refused.delete(key);
    mutex.entries.push(this.newEntry(request, now));
    return 'good';
  }
}

export const GRANTING: readonly DriveMutant[] = [
  {
    name: 'two-exclusive-holders',
    breaks: 'IDM-24',
    description: 'an exclusive TRYLOCK is granted beside an exclusive holder',
    alsoBreaks: ['IDM-27', 'IDM-62', 'IDM-117'],
    create: withTable(TwoExclusiveHolders),
  },
  {
    name: 'shared-beside-exclusive',
    breaks: 'IDM-26',
    description: 'a shared TRYLOCK is granted beside an exclusive holder',
    alsoBreaks: ['IDM-27'],
    create: withTable(SharedBesideExclusive),
  },
  {
    name: 'exclusive-beside-shared',
    breaks: 'IDM-26',
    description: 'an exclusive TRYLOCK is granted beside shared holders',
    alsoBreaks: ['IDM-27'],
    create: withTable(ExclusiveBesideShared),
  },
  {
    name: 'sharers-refused',
    breaks: 'IDM-25',
    description: 'a shared TRYLOCK beside shared holders is a conflict',
    create: withTable(SharersRefused),
  },
  {
    name: 'expired-granted-without-break',
    breaks: 'IDM-27',
    description: 'a TRYLOCK takes the mutex from expired holders, whom only BREAK may remove',
    create: withTable(ExpiredGrantedWithoutBreak),
  },
  {
    name: 'gives-in',
    breaks: 'IDM-117',
    description: 'the third TRYLOCK in a row of a host is granted beside the holder, as managers repeat them',
    alsoBreaks: ['IDM-24'],
    create: withTable(GivesIn),
  },
  {
    name: 'relock-granted',
    breaks: 'IDM-23',
    description: 'a second TRYLOCK by the holder is GOOD',
    create: withTable(answering('terminated', 'good')),
  },
  {
    name: 'relock-is-conflict',
    breaks: 'IDM-23',
    description: 'a second TRYLOCK by the holder is a conflict instead of terminated',
    create: withTable(answering('terminated', 'conflict')),
  },
  {
    name: 'contention-is-terminated',
    breaks: 'IDM-24',
    description: 'a TRYLOCK against other holders is terminated instead of a conflict',
    alsoBreaks: ['IDM-26', 'IDM-27'],
    create: withTable(answering('conflict', 'terminated')),
  },
  {
    name: 'contention-is-busy',
    breaks: 'IDM-18',
    description: 'a TRYLOCK against other holders is BUSY, which Linux repeats until the time-out',
    create: withTable(answering('conflict', 'busy')),
  },
  {
    name: 'init-takes-records',
    breaks: 'IDM-21',
    description: 'INIT locks an unlocked record, which exists already',
    create: withTable(InitTakesRecords),
  },
  {
    name: 'refresh-creates',
    breaks: 'IDM-22',
    description: 'REFRESH of an absent mutex makes one',
    alsoBreaks: ['IDM-35'],
    create: withTable(RefreshCreates),
  },
];
