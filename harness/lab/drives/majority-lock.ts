import { STATUS, statusName } from '../../disks/scsi/status.js';
import type { LockOptions, Mutex, UnlockOptions } from './mutex.js';

const GOOD = statusName(STATUS.good);

/**
 * A lock over several drives, as a lock manager holds it: it is had with more than half of them, floor(n/2) + 1
 * (spec idm 9.3). The host's part of IDM-117, without the retries and the time limits of a manager.
 */
export class MajorityLock {
  /** Drives that granted it and were not asked to release it since. */
  #granted = new Set<Mutex>();

  /** @param mutexes the same mutex on each of the drives */
  constructor(readonly mutexes: readonly Mutex[]) {}

  /** True when it is had. */
  get isHeld(): boolean {
    return this.#granted.size > this.mutexes.length / 2;
  }

  /** Tries all drives at once, and leaves it at what they say; true when it is had. */
  async vote(options: LockOptions = {}): Promise<boolean> {
    return await this.#ask((mutex) => mutex.trylock(options));
  }

  /** Tries all drives at once, and releases what it got where that is no majority. */
  async lock(options: LockOptions = {}): Promise<boolean> {
    const held = await this.vote(options);
    if (!held) await this.unlock(options.mode === undefined ? {} : { mode: options.mode });
    return held;
  }

  /** Breaks the lock of others on the drives that it does not have, at once; true when it is had then. */
  async break(options: LockOptions = {}): Promise<boolean> {
    return await this.#ask((mutex) => mutex.break(options));
  }

  /** Releases what it got. */
  async unlock(options: UnlockOptions = {}): Promise<void> {
    const granted = [...this.#granted];
    this.#granted = new Set();
    await Promise.all(granted.map((mutex) => mutex.unlock(options)));
  }

  /** Takes all unit attentions of all drives. Throws InfraError. */
  async untilReady(): Promise<void> {
    await Promise.all(this.mutexes.map((mutex) => mutex.untilReady()));
  }

  async #ask(how: (mutex: Mutex) => Promise<string>): Promise<boolean> {
    const asked = this.mutexes.filter((mutex) => !this.#granted.has(mutex));
    const answers = await Promise.all(asked.map(how));
    for (const [index, mutex] of asked.entries()) if (answers[index] === GOOD) this.#granted.add(mutex);
    return this.isHeld;
  }
}
