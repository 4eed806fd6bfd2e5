/** Checks that commands on runs of blocks share. */
import type { Extent } from '../cdb.js';
import { LIMITS } from '../limits.js';
import { addressOutOfRange, invalidFieldInCdb, miscompare, writeProtected } from '../refusal.js';
import type { UnitState } from '../unit-state.js';

/** Throws 5/21/00 unless all blocks are there; the first LBA must be, even if `count` is 0. */
export function requireInRange({ medium }: UnitState, { lba, count }: Extent): void {
  if (lba >= medium.blocks || lba + count > medium.blocks)
    throw addressOutOfRange(Math.max(lba, medium.blocks));
}

/** Throws 5/24/00 if more is asked for than MAXIMUM TRANSFER LENGTH; `field` is the byte of the CDB. */
export function requireTransferable({ medium }: UnitState, { count }: Extent, field: number): void {
  if (count * medium.blockSize > LIMITS.transferBytes) throw invalidFieldInCdb(field);
}

/** Throws 7/27/00 or 7/27/02 if the unit takes no writes. */
export function requireWritable({ readOnly, modes }: UnitState): void {
  if (readOnly) throw writeProtected(false);
  if (modes.writeProtected) throw writeProtected(true);
}

/** `count` blocks from `lba` on, where 0 means all to the end. Throws 5/21/00. */
export function toTheEnd(unit: UnitState, extent: Extent): Extent {
  requireInRange(unit, extent);
  return extent.count === 0 ? { lba: extent.lba, count: unit.medium.blocks - extent.lba } : extent;
}

/** Throws E/1D/00 with the offset of the first byte, if there is one, in which `actual` is not `expected`. */
export function requireSame(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  throw miscompare(at < 0 ? actual.length : at);
}
