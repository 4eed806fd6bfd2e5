/** Persistent reservations of one unit: who is registered, and what is reserved (SPC-4). No bytes here. */
import { ATTENTION } from '../attentions.js';
import { insufficientRegistrations, invalidFieldInParameters, invalidRelease } from '../refusal.js';
import type { Sense } from '../sense.js';
import type { Access } from '../unit-state.js';
import { conflictsWith, forRegistrants, heldByAll, type ReservationType } from './types.js';

/** A registered nexus. */
export interface Registration {
  /** Name of the initiator port. */
  readonly port: string;
  readonly key: bigint;
  /** Registered with ALL_TG_PT; the one target port is all of them. */
  readonly allTargetPorts: boolean;
}

/** `conflict`: RESERVATION CONFLICT, and nothing has changed. */
export type Verdict = 'good' | 'conflict';

/** Whom a change is told. */
export interface Consequences {
  establish(port: string, condition: Sense): void;
}

/** Registrations beyond this are refused with 5/55/04. */
const MOST_REGISTRATIONS = 256;

/** A reservation; `holder` is meaningless for those that all registrants hold. */
interface Reservation {
  readonly type: ReservationType;
  readonly holder: string;
}

/** Registrations and the reservation of one unit, as PERSISTENT RESERVE IN and OUT know them (SPC-4). */
export class PersistentReservations {
  readonly #registrations = new Map<string, Registration>();
  #reservation: Reservation | undefined;
  #generation = 0;
  /** APTPL: all is kept when the power fails. */
  #keptOverPowerLoss = false;

  constructor(private readonly consequences: Consequences) {}

  /** PRGENERATION, 32 bits. */
  get generation(): number {
    return this.#generation;
  }

  get keptOverPowerLoss(): boolean {
    return this.#keptOverPowerLoss;
  }

  /** In the order of registration. */
  get registrations(): readonly Registration[] {
    return [...this.#registrations.values()];
  }

  /** The reservation's type, and the key of its holder, 0 if all registrants hold it. */
  get reservation(): { readonly type: ReservationType; readonly key: bigint } | undefined {
    if (this.#reservation === undefined) return undefined;
    const { type, holder } = this.#reservation;
    return { type, key: heldByAll(type) ? 0n : (this.#registrations.get(holder)?.key ?? 0n) };
  }

  /** The nexus holds the reservation, alone or with all registrants. */
  holds(port: string): boolean {
    if (this.#reservation === undefined) return false;
    const { type, holder } = this.#reservation;
    return heldByAll(type) ? this.#registrations.has(port) : holder === port;
  }

  /** A command with this access conflicts with what others have reserved. */
  conflicts(port: string, access: Access): boolean {
    if (this.#reservation === undefined || this.holds(port)) return false;
    const { type } = this.#reservation;
    if (forRegistrants(type) && this.#registrations.has(port)) return false;
    return conflictsWith(type, access);
  }

  /**
   * REGISTER, or REGISTER AND IGNORE EXISTING KEY if `key` is undefined: a new key, or 0 to be registered no longer.
   * Throws 5/55/04.
   */
  register(
    port: string,
    key: bigint | undefined,
    newKey: bigint,
    options: { readonly allTargetPorts: boolean; readonly keepOverPowerLoss: boolean },
  ): Verdict {
    const present = this.#registrations.get(port);
    if (key !== undefined && key !== (present?.key ?? 0n)) return 'conflict';
    if (present === undefined && newKey === 0n) return 'good';
    if (present === undefined && this.#registrations.size >= MOST_REGISTRATIONS)
      throw insufficientRegistrations();
    if (newKey === 0n) this.#unregister(port);
    else this.#registrations.set(port, { port, key: newKey, allTargetPorts: options.allTargetPorts });
    this.#keptOverPowerLoss = options.keepOverPowerLoss;
    this.#generation = (this.#generation + 1) >>> 0;
    return 'good';
  }

  /** RESERVE: good too for the holder of the same. */
  reserve(port: string, key: bigint, type: ReservationType): Verdict {
    if (!this.#authorized(port, key)) return 'conflict';
    if (this.#reservation === undefined) {
      this.#reservation = { type, holder: port };
      return 'good';
    }
    return this.holds(port) && this.#reservation.type === type ? 'good' : 'conflict';
  }

  /** RELEASE: good, without effect, for who holds nothing. Throws 5/26/04 if the type is another one. */
  release(port: string, key: bigint, type: ReservationType | undefined): Verdict {
    if (!this.#authorized(port, key)) return 'conflict';
    if (this.#reservation === undefined || !this.holds(port)) return 'good';
    if (this.#reservation.type !== type) throw invalidRelease();
    this.#endReservation(port);
    return 'good';
  }

  /** CLEAR: nobody is registered, nothing reserved. */
  clear(port: string, key: bigint): Verdict {
    if (!this.#authorized(port, key)) return 'conflict';
    for (const other of this.#registrations.keys()) {
      if (other !== port) this.consequences.establish(other, ATTENTION.reservationsPreempted);
    }
    this.#registrations.clear();
    this.#reservation = undefined;
    this.#generation = (this.#generation + 1) >>> 0;
    return 'good';
  }

  /**
   * PREEMPT: who is registered with `victims` is so no longer; if that is the holder's key, or 0 where all registrants
   * hold the reservation, it goes over to this nexus with `type`. Gives the ports that lost their registration, for
   * PREEMPT AND ABORT. Throws 5/26/00 for 0 where there is no such reservation, 5/24/00 never: the caller knows the type.
   */
  preempt(
    port: string,
    key: bigint,
    victims: bigint,
    type: ReservationType | undefined,
    invalidType: () => Error,
  ): { readonly verdict: Verdict; readonly preempted: ReadonlySet<string> } {
    const preempted = new Set<string>();
    if (!this.#authorized(port, key)) return { verdict: 'conflict', preempted };
    const reservation = this.#reservation;
    const sharedByAll = reservation !== undefined && heldByAll(reservation.type);
    if (victims === 0n && !sharedByAll) throw invalidFieldInParameters(8);
    const takesOver = reservation !== undefined && victims === (sharedByAll ? 0n : this.reservation?.key);
    if (takesOver) {
      if (type === undefined) throw invalidType();
      this.#remove(port, preempted, (other) => other.port !== port && (sharedByAll || other.key === victims));
      this.#reservation = { type, holder: port };
      if (type !== reservation.type) this.#tellReleased(port, preempted);
    } else {
      if (!this.registrations.some((other) => other.key === victims))
        return { verdict: 'conflict', preempted };
      this.#remove(port, preempted, (other) => other.key === victims);
      if (sharedByAll && this.#registrations.size === 0) this.#reservation = undefined;
    }
    this.#generation = (this.#generation + 1) >>> 0;
    return { verdict: 'good', preempted };
  }

  /** The power failed: all is lost, unless APTPL was set with the last registration. */
  powerLoss(): void {
    this.#generation = 0;
    if (this.#keptOverPowerLoss) return;
    this.#registrations.clear();
    this.#reservation = undefined;
  }

  #authorized(port: string, key: bigint): boolean {
    return this.#registrations.get(port)?.key === key;
  }

  #unregister(port: string): void {
    const held = this.holds(port);
    this.#registrations.delete(port);
    if (!held || this.#reservation === undefined) return;
    if (!heldByAll(this.#reservation.type) || this.#registrations.size === 0) this.#endReservation(port);
  }

  /** Registrants that the reservation left something to do are told (SPC-4, releasing). */
  #endReservation(by: string): void {
    const type = this.#reservation?.type;
    this.#reservation = undefined;
    if (type !== undefined && forRegistrants(type)) this.#tellReleased(by, new Set());
  }

  #tellReleased(by: string, except: ReadonlySet<string>): void {
    for (const other of this.#registrations.keys()) {
      if (other !== by && !except.has(other)) {
        this.consequences.establish(other, ATTENTION.reservationsReleased);
      }
    }
  }

  #remove(by: string, removed: Set<string>, goes: (registration: Registration) => boolean): void {
    for (const registration of this.registrations) {
      if (!goes(registration)) continue;
      this.#registrations.delete(registration.port);
      removed.add(registration.port);
      if (registration.port !== by) {
        this.consequences.establish(registration.port, ATTENTION.registrationsPreempted);
      }
    }
  }
}
