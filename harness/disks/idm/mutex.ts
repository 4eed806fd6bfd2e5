/** What a drive keeps of mutexes (spec idm 6.1). Volatile: gone with power, restart and firmware download. */
import { ENDLESS, LOCK_CLASS, LVB_BYTES } from './data-block.js';

/** Milliseconds of leases in nanoseconds of the drive's clock. */
const NS_PER_MS = 1_000_000n;

/** One (resource, host) pair. */
export interface Entry {
  /** Place in lists: entries are listed in the order in which they were made, and keep their place. */
  readonly serial: number;
  /** Hex of the 32 wire bytes. */
  host: string;
  /** False: the record that an exclusive holder left behind. */
  held: boolean;
  /** Lease in ms, as last supplied. */
  countdown: bigint;
  /** Host's time in ms, as last supplied; never used by the drive. */
  timeNow: bigint;
  metadata: Buffer;
  /** Drive's clock in ns at the last grant or refresh. */
  grantedAt: bigint;
}

/** A mutex; all its entries have its class. */
export interface Mutex {
  readonly group: number;
  /** Hex of the 64 wire bytes. */
  readonly resource: string;
  lockClass: bigint;
  /** Wire bytes 21h-27h. */
  lvb: Buffer;
  entries: Entry[];
}

/** What an operation is given, out of the data block and the CDB. */
export interface MutexRequest {
  readonly group: number;
  readonly resource: string;
  readonly host: string;
  readonly lockClass: bigint;
  readonly countdown: bigint;
  readonly timeNow: bigint;
  readonly metadata: Buffer;
  readonly control: number;
  readonly lvb: Buffer;
}

/**
 * True when the lease ran out: more than `countdown` ms since the last grant or refresh, by the drive's clock. Without
 * a lease (0) at once; all ones never (spec idm 6.1).
 */
export function leaseExpired({ countdown, grantedAt }: Entry, now: bigint): boolean {
  if (countdown === 0n) return true;
  if (countdown === ENDLESS) return false;
  return now - grantedAt > countdown * NS_PER_MS;
}

/** True for the class whose holders may be several. */
export function isShared(lockClass: bigint): boolean {
  return lockClass === LOCK_CLASS.sharedProtectedRead;
}

/** True for a class that a drive knows. */
export function isKnownClass(lockClass: bigint): boolean {
  return Object.values<bigint>(LOCK_CLASS).includes(lockClass);
}

/** Seven zero bytes, the LVB of a new mutex. */
export function blankLvb(): Buffer {
  return Buffer.alloc(LVB_BYTES);
}
