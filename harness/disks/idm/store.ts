/** What the table of one logical unit holds, and what can be seen of it (spec idm 6.1, 6.6). */
import type { MutexOutcome } from './answers.js';
import { ENDLESS, STATE } from './data-block.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import { limitReached } from './limits.js';
import { leaseExpired, type Entry, type Mutex, type MutexRequest } from './mutex.js';

/** An entry as a list read shows it. */
export interface ListedEntry {
  readonly mutex: Mutex;
  readonly entry: Entry;
  /** See STATE of the data block. */
  readonly state: bigint;
}

/** Mutexes by group and resource. Times are nanoseconds of the drive's clock. */
export class MutexStore {
  protected readonly mutexes = new Map<string, Mutex>();
  #serial = 0;

  constructor(protected readonly firmware: Firmware = FIRMWARE_2023) {}

  /** Forgets every mutex: the wipe command, loss of power, restart, firmware download. */
  wipe(): void {
    this.mutexes.clear();
  }

  /** The entries of a group in the order in which they were made; a group that nobody used has none. */
  list(group: number, now: bigint): ListedEntry[] {
    return [...this.mutexes.values()]
      .filter((mutex) => this.firmware.readIgnoresGroup || mutex.group === group)
      .flatMap((mutex) =>
        mutex.entries.map((entry) => ({ mutex, entry, state: this.stateOf(mutex, entry, now) })),
      )
      .toSorted((a, b) => a.entry.serial - b.entry.serial);
  }

  /** Entries per group. */
  counts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { group, entries } of this.mutexes.values())
      counts.set(group, (counts.get(group) ?? 0) + entries.length);
    return counts;
  }

  /** True when a BREAK may remove this holder: leases without an end do not protect (IDM-56). */
  protected isBreakable(entry: Entry, now: bigint): boolean {
    return entry.countdown === ENDLESS || this.isExpired(entry, now);
  }

  protected isExpired(entry: Entry, now: bigint): boolean {
    return leaseExpired(entry, now);
  }

  protected isHeld(mutex: Mutex): boolean {
    return mutex.entries.some((entry) => entry.held);
  }

  protected find({ group, resource }: MutexRequest): Mutex | undefined {
    return this.mutexes.get(`${group}/${resource}`);
  }

  protected entryOf(mutex: Mutex, host: string): Entry | undefined {
    return mutex.entries.find((entry) => entry.host === host);
  }

  protected stateOf(mutex: Mutex, entry: Entry, now: bigint): bigint {
    if (!entry.held) return STATE.unlocked;
    if (this.isExpired(entry, now)) return STATE.timeout;
    const live = mutex.entries.filter((other) => other.held && !this.isExpired(other, now)).length;
    return live > 1 && this.firmware.reportsMultipleLocked ? STATE.multipleLocked : STATE.locked;
  }

  protected fullFor(host: string, mutex: Mutex | undefined): MutexOutcome | undefined {
    return limitReached([...this.mutexes.values()], host, mutex, this.firmware.limits);
  }

  protected newEntry({ host, countdown, timeNow, metadata }: MutexRequest, now: bigint): Entry {
    this.#serial += 1;
    return { serial: this.#serial, host, held: true, countdown, timeNow, metadata, grantedAt: now };
  }

  protected remove(mutex: Mutex): void {
    this.mutexes.delete(`${mutex.group}/${mutex.resource}`);
  }
}
