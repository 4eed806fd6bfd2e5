/** Drives that measure leases wrongly, or do not heed them. */
import type { MutexOutcome } from '../answers.js';
import { isShared, type Entry, type Mutex, type MutexRequest } from '../mutex.js';
import { MutexTable } from '../table.js';
import { withTable, type DriveMutant } from './mutant.js';

/** Leases are `factor` percent of what was asked for. */
const stretched = (percent: bigint) =>
  class extends MutexTable {
    protected override isExpired(entry: Entry, now: bigint): boolean {
      return super.isExpired({ ...entry, countdown: (entry.countdown * percent) / 100n }, now);
    }
  };

class ZeroIsEndless extends MutexTable {
  protected override isExpired(entry: Entry, now: bigint): boolean {
    return entry.countdown !== 0n && super.isExpired(entry, now);
  }
}

class RefreshKeepsDeadline extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const own = mutex === undefined ? undefined : this.entryOf(mutex, request.host);
    const before = own?.grantedAt;
    const outcome = super.refresh(request, now);
    if (own !== undefined && before !== undefined) own.grantedAt = before;
    return outcome;
  }
}

class RefreshKeepsCountdown extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const own = mutex === undefined ? undefined : this.entryOf(mutex, request.host);
    return super.refresh(own === undefined ? request : { ...request, countdown: own.countdown }, now);
  }
}

class RefreshByStranger extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const stranger = mutex !== undefined && this.entryOf(mutex, request.host) === undefined;
    if (!stranger || !this.isHeld(mutex)) return super.refresh(request, now);
    mutex.entries.push(this.newEntry(request, now));
    return 'good';
  }
}

class RefreshOfBrokenLock extends MutexTable {
  readonly #ousted = new Map<Mutex, Set<string>>();

  protected override takeOver(
    mutex: Mutex,
    own: Entry | undefined,
    request: MutexRequest,
    now: bigint,
  ): void {
    this.#ousted.set(mutex, new Set(mutex.entries.map(({ host }) => host)));
    super.takeOver(mutex, own, request, now);
  }

  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const ousted = mutex !== undefined && this.#ousted.get(mutex)?.has(request.host) === true;
    if (!ousted || this.entryOf(mutex, request.host) !== undefined) return super.refresh(request, now);
    mutex.entries.push(this.newEntry(request, now));
    return 'good';
  }
}

class RefreshOfExpiredRefused extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const own = mutex === undefined ? undefined : this.entryOf(mutex, request.host);
    return own?.held === true && this.isExpired(own, now) ? 'conflict' : super.refresh(request, now);
  }
}

class PromotesBesideSharers extends MutexTable {
  protected override mayPromote(): boolean {
    return true;
  }
}

class PromotesPastExpired extends MutexTable {
  #now = 0n;

  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    this.#now = now;
    return super.refresh(request, now);
  }

  protected override mayPromote(mutex: Mutex, own: Entry): boolean {
    return mutex.entries.every((entry) => entry === own || this.isExpired(entry, this.#now));
  }
}

class DemotionRefused extends MutexTable {
  override refresh(request: MutexRequest, now: bigint): MutexOutcome {
    const mutex = this.find(request);
    const demotes = mutex !== undefined && isShared(request.lockClass) && !isShared(mutex.lockClass);
    const own = mutex === undefined ? undefined : this.entryOf(mutex, request.host);
    return demotes && own?.held === true ? 'terminated' : super.refresh(request, now);
  }
}

class PromotionRefused extends MutexTable {
  protected override mayPromote(mutex: Mutex): boolean {
    return !isShared(mutex.lockClass);
  }
}

export const LEASING: readonly DriveMutant[] = [
  {
    name: 'lease-too-long',
    breaks: 'IDM-38',
    description: 'leases run out after one and a half times their length',
    create: withTable(stretched(150n)),
  },
  {
    name: 'lease-too-short',
    breaks: 'IDM-38',
    description: 'leases run out after half their length',
    alsoBreaks: ['IDM-53', 'IDM-58', 'IDM-117'],
    create: withTable(stretched(50n)),
  },
  {
    name: 'zero-is-endless',
    breaks: 'IDM-39',
    description: 'a countdown of 0 is taken for a lease without an end',
    create: withTable(ZeroIsEndless),
  },
  {
    name: 'refresh-keeps-deadline',
    breaks: 'IDM-40',
    description: 'REFRESH is GOOD, and the lease runs out when it would have anyway',
    alsoBreaks: ['IDM-41'],
    create: withTable(RefreshKeepsDeadline),
  },
  {
    name: 'refresh-keeps-countdown',
    breaks: 'IDM-44',
    description: 'REFRESH does not take the new countdown',
    create: withTable(RefreshKeepsCountdown),
  },
  {
    name: 'refresh-by-stranger',
    breaks: 'IDM-42',
    description: 'REFRESH by a host without an entry makes it a holder',
    alsoBreaks: ['IDM-51'],
    create: withTable(RefreshByStranger),
  },
  {
    name: 'refresh-of-broken-lock',
    breaks: 'IDM-51',
    description: 'REFRESH by a host whose lock was broken makes it a holder again, beside the new one',
    create: withTable(RefreshOfBrokenLock),
  },
  {
    name: 'refresh-of-expired-refused',
    breaks: 'IDM-41',
    description: 'REFRESH after the lease ran out is a conflict although nobody broke it',
    create: withTable(RefreshOfExpiredRefused),
  },
  {
    name: 'promotes-beside-sharers',
    breaks: 'IDM-47',
    description: 'REFRESH from shared to exclusive is granted beside another live sharer',
    alsoBreaks: ['IDM-48'],
    create: withTable(PromotesBesideSharers),
  },
  {
    name: 'promotes-past-expired',
    breaks: 'IDM-48',
    description: 'REFRESH from shared to exclusive is granted when the other sharers expired',
    create: withTable(PromotesPastExpired),
  },
  {
    name: 'demotion-refused',
    breaks: 'IDM-45',
    description: 'REFRESH from exclusive to shared is terminated',
    create: withTable(DemotionRefused),
  },
  {
    name: 'promotion-refused',
    breaks: 'IDM-46',
    description: 'REFRESH from shared to exclusive is terminated even where nobody else shares the lock',
    create: withTable(PromotionRefused),
  },
];
