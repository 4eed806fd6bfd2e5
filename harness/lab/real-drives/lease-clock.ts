import { setTimeout } from 'node:timers/promises';
import type { LeaseWait } from '../../history/real-drives.js';
import { InfraError } from '../../vm/index.js';
import type { Lease, LeaseCall, Leases } from '../drives/mutex-site.js';

/** How leases of tests become those of a drive whose clock nobody holds. */
export interface LeaseScale {
  /** Milliseconds of real time that one of the test's takes. */
  readonly factor: number;
  /** By which part of itself a lease may end too early or too late. */
  readonly slack: number;
}

/** A lease that the drive gave. */
interface Grant {
  readonly drive: string;
  readonly resource: string;
  readonly host: string;
  /** Countdown that was sent, ms. */
  readonly countdown: number;
  /** When it is over, in the test's time, ms. */
  readonly over: number;
  /** Around the command that gave it, ns. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** One look at the entry of a lease. */
export interface EntryLook {
  readonly expired: boolean;
  /** Around the command, ns of the clock that grants have. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** The time in which leases of real drives pass. */
export interface Time {
  /** CLOCK_MONOTONIC, ns. */
  now(): bigint;
  /** Resolves when so many milliseconds are over. */
  pause(ms: number): Promise<void>;
}

/** Time of this machine. */
export const machineTime: Time = {
  now: () => process.hrtime.bigint(),
  pause: async (ms) => {
    await setTimeout(ms);
  },
};

/** What a lease clock asks of the world. */
export interface LeaseWorld {
  readonly time: Time;
  /** Reads the entry of a host from the list of a drive; undefined: there is none. */
  look(drive: string, resource: string, host: string): Promise<EntryLook | undefined>;
  /** Hears how long each wait was. */
  waited(wait: LeaseWait): void;
}

const NS_PER_MS = 1_000_000;
/** Between two looks at an entry that is about to expire. */
const LOOK_AGAIN_MS = 5;
/** What is not to end by waiting is not waited for any longer than for this, in the test's time. */
const LONGEST_MS = 60_000;

/**
 * Time of a test on real drives. A test's time stands still but for `elapse`; the drive's goes on. So leases that a test
 * speaks of are scaled, long enough that commands take no time beside them, and each call is held against what the test
 * takes for granted: one that was answered when a lease that the test takes for live was nearly over says nothing.
 */
export class LeaseClock implements Leases {
  #time = 0;
  readonly #grants = new Map<string, Grant>();

  constructor(
    private readonly scale: LeaseScale,
    private readonly world: LeaseWorld,
  ) {}

  /** Scaled if the test said how long it is; nobody waits for the end of another, which stays as it is. */
  countdown({ ms, told }: Lease): number {
    if (!told || ms === 0) return ms;
    return Math.max(1, Math.round(ms * this.scale.factor));
  }

  answered(call: LeaseCall): void {
    this.#checkInTime(call);
    if (!call.good) return;
    const { drive, resource, host } = call;
    switch (call.op) {
      case 'break':
        this.#forget((grant) => grant.drive === drive && grant.resource === resource);
        this.#give(call);
        return;
      case 'init':
      case 'trylock':
      case 'lock':
      case 'refresh':
        this.#give(call);
        return;
      case 'unlock':
        this.#grants.delete(keyOf({ drive, resource, host }));
        return;
      case 'destroy':
        this.#forget((grant) => grant.drive === drive && grant.resource === resource);
        return;
      case 'wipe':
        this.#forget((grant) => grant.drive === drive);
        return;
      case 'read':
      case 'count':
      case 'undefined':
        return;
    }
  }

  /**
   * Waits as long as `ms` of the test's time are here. If leases are over by then, it goes on as soon as the
   * list shows them expired, or when they are late by more than the slack; which of these it was, the test
   * sees. Otherwise it goes on while all leases are live by more than the slack: that nothing happened until then is the point.
   */
  async elapse(ms: number): Promise<void> {
    const began = this.world.time.now();
    this.#time += ms;
    const over = [...this.#grants.values()].filter((grant) => grant.over < this.#time);
    const live = [...this.#grants.values()].filter((grant) => grant.over >= this.#time);
    const leases: LeaseWait['leases'][number][] = [];
    if (over.length === 0) {
      const whole = began + ns(Math.min(ms, LONGEST_MS) * this.scale.factor);
      await this.#until(least(whole, ...live.map((grant) => this.#surelyLive(grant))));
    }
    for (const grant of over) {
      await this.#until(this.#surelyLive(grant));
      const { host, resource, countdown } = grant;
      leases.push({ host, resource, countdown, ended: await this.#watchEnd(grant) });
      // What becomes of it from now on is told by no clock.
      this.#grants.delete(keyOf(grant));
    }
    this.world.waited({ asked: ms, waited: inMs(this.world.time.now() - began), leases });
  }

  /** Looks at an entry until it has expired, or is late by more than the slack. */
  async #watchEnd(grant: Grant): Promise<LeaseWait['leases'][number]['ended']> {
    const { drive, resource, host, countdown, begin, end } = grant;
    const latest = end + ns(countdown * (1 + this.scale.slack));
    let seenLive = end;
    for (;;) {
      const look = await this.world.look(drive, resource, host);
      if (look === undefined) return null;
      if (look.expired) return { least: inMs(seenLive - end), most: inMs(look.end - begin) };
      if (look.begin > latest) return null;
      seenLive = look.begin;
      await this.world.time.pause(LOOK_AGAIN_MS);
    }
  }

  #checkInTime({ op, end }: LeaseCall): void {
    for (const grant of this.#grants.values()) {
      if (grant.over < this.#time || grant.countdown === 0) continue;
      const most = grant.countdown * (1 - this.scale.slack / 2);
      const passed = inMs(end - grant.begin);
      if (passed <= most) continue;
      throw new InfraError(
        `this machine was too slow: ${op} was answered ${passed} ms after ${grant.host} got a lease of ${grant.countdown} ms ` +
          'that should not be over yet, so that nothing can be said. Say a larger leases.factor in a --drive-profile ' +
          `(now ${this.scale.factor}).`,
      );
    }
  }

  #surelyLive({ begin, countdown }: Grant): bigint {
    return begin + ns(countdown * (1 - this.scale.slack));
  }

  #give({ drive, resource, host, lease, begin, end }: LeaseCall): void {
    const key = keyOf({ drive, resource, host });
    this.#grants.delete(key);
    if (lease === undefined) return;
    const countdown = this.countdown(lease);
    this.#grants.set(key, { drive, resource, host, countdown, over: this.#time + lease.ms, begin, end });
  }

  #forget(which: (grant: Grant) => boolean): void {
    for (const [key, grant] of this.#grants) if (which(grant)) this.#grants.delete(key);
  }

  /** Waits for a moment: the time that passes is what is tested. */
  async #until(moment: bigint): Promise<void> {
    for (let left = moment - this.world.time.now(); left > 0n; left = moment - this.world.time.now())
      await this.world.time.pause(Math.ceil(Number(left) / NS_PER_MS));
  }
}

function keyOf({ drive, resource, host }: Pick<Grant, 'drive' | 'resource' | 'host'>): string {
  return JSON.stringify([drive, resource, host]);
}

function ns(ms: number): bigint {
  return BigInt(Math.round(ms * NS_PER_MS));
}

/** Milliseconds to a thousandth. */
function inMs(time: bigint): number {
  return Number(time / 1000n) / 1000;
}

function least(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((smallest, one) => (one < smallest ? one : smallest), first);
}
