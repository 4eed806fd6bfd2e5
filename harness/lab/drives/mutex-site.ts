import type { LockCallEvent, NewEvent } from '../../history/index.js';
import type { SgDevice } from './sg-device.js';

/** The way of one host to one drive, and to the history. */
export interface MutexSite {
  /** Opened for these locks only: commands go one after the other. */
  readonly device: SgDevice;
  /** Serial number of the drive. */
  readonly drive: string;
  readonly node: string;
  /** A number that is unique in the history. */
  nextCall(): number;
  record(event: NewEvent): void;
  /** The time of the history now, as the drives have it: when the node was asked, and when it had answered. */
  now(): bigint;
  /** The node's clock of the day, ms: what it tells the drive. */
  wallClock(): bigint;
  /** How long leases are on this drive; without it as long as the test says. */
  readonly leases?: Leases;
  /** No test here takes the way to the drive away: a lost answer is trouble of this machine, and no part of a story. */
  readonly answersMustCome?: boolean;
}

/** A call that was answered, as far as leases are concerned. */
export interface LeaseCall {
  readonly op: LockCallEvent['op'];
  /** Serial number of the drive. */
  readonly drive: string;
  readonly resource: string;
  readonly host: string;
  /** What was asked for, in the test's time; undefined: no lease, or one without an end. */
  readonly lease: Lease | undefined;
  /** Whether the drive did it. */
  readonly good: boolean;
  /** Around the command, ns of the node's clock. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** Milliseconds of the test's time, and whether the test said so: otherwise it waits for no end of it. */
export interface Lease {
  readonly ms: number;
  readonly told: boolean;
}

/** Leases of a drive whose clock is not the test's. */
export interface Leases {
  /** The countdown to send for a lease, ms. */
  countdown(lease: Lease): number;
  /** Hears of each call that was answered. Throws InfraError when it came too late to say anything. */
  answered(call: LeaseCall): void;
}
