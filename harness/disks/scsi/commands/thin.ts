/** UNMAP and WRITE SAME (SBC-3). */
import { GOOD, tookDataOut } from '../answer.js';
import { u64, type Extent } from '../cdb.js';
import { LIMITS } from '../limits.js';
import { PROVISIONING } from '../medium/provisioning.js';
import {
  addressOutOfRange,
  invalidFieldInCdb,
  invalidFieldInParameters,
  parameterListLengthError,
} from '../refusal.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';
import { requireWritable, toTheEnd } from './extents.js';
import { isDurable, SIXTEEN, TEN, type Form } from './transfer.js';

/** Header of the parameter list of UNMAP, and each descriptor in it. */
const UNMAP_HEADER = 8;
const UNMAP_DESCRIPTOR = 16;

/** Data length in bytes 0-1, length of the descriptors in 2-3; each: LBA 8 bytes, number of blocks 4, reserved 4. */
function descriptors(parameters: Buffer): Extent[] {
  const announced = Math.min(parameters.readUInt16BE(2), parameters.length - UNMAP_HEADER);
  const count = Math.floor(announced / UNMAP_DESCRIPTOR);
  if (count > LIMITS.unmapDescriptors) throw invalidFieldInParameters(2);
  return Array.from({ length: count }, (_, index) => {
    const at = UNMAP_HEADER + index * UNMAP_DESCRIPTOR;
    return { lba: u64(parameters, at), count: parameters.readUInt32BE(at + 8) };
  });
}

/** Nothing is unmapped unless all descriptors are right. */
function unmap(invocation: Invocation): TaskAnswer {
  const { unit, task } = invocation;
  requireWritable(unit);
  const length = task.cdb.readUInt16BE(7);
  if (length === 0) return tookDataOut(task, 0);
  const parameters = task.dataOut.subarray(0, length);
  if (parameters.length < UNMAP_HEADER) throw parameterListLengthError();
  const extents = descriptors(parameters);
  for (const { lba, count } of extents) {
    // A descriptor of no blocks may stand just behind the last one.
    if (lba + count > unit.medium.blocks) throw addressOutOfRange(lba);
  }
  if (extents.reduce((sum, { count }) => sum + count, 0) > LIMITS.unmapBlocks)
    throw invalidFieldInParameters(2);
  const state = (task.cdb.readUInt8(1) & 0x01) === 0 ? PROVISIONING.deallocated : PROVISIONING.anchored;
  for (const extent of extents) unit.medium.unmap(extent, state, isDurable(invocation, false));
  return tookDataOut(task, length);
}

/** WRITE SAME: UNMAP (bit 3 of byte 1), ANCHOR (bit 4), and in the 16-byte form NDOB (bit 0): zeros, no data-out. */
function writeSame(invocation: Invocation, form: Form): TaskAnswer {
  const { unit, task } = invocation;
  const { medium } = unit;
  const flags = task.cdb.readUInt8(1);
  const unmaps = (flags & 0x08) !== 0;
  const anchors = (flags & 0x10) !== 0;
  const noDataOut = form === SIXTEEN && (flags & 0x01) !== 0;
  if (unmaps && !medium.thin) throw invalidFieldInCdb(1, 3);
  if (anchors && !unmaps) throw invalidFieldInCdb(1, 4);
  requireWritable(unit);
  const extent = toTheEnd(unit, form.extent(task.cdb));
  if (extent.count * medium.blockSize > LIMITS.writeSameBytes) throw invalidFieldInCdb(form.countField);
  if (noDataOut ? task.dataOut.length !== 0 : task.dataOut.length !== medium.blockSize) {
    throw invalidFieldInCdb(form.countField);
  }
  const block = noDataOut ? Buffer.alloc(medium.blockSize) : task.dataOut;
  const durable = isDurable(invocation, false);
  const count = Math.min(extent.count, invocation.effect.landing ?? Infinity);
  // Blocks that hold something else than an unmapped block reads as cannot be unmapped (LBPRZ).
  if (unmaps && block.every((byte) => byte === 0)) {
    medium.unmap(
      { lba: extent.lba, count },
      anchors ? PROVISIONING.anchored : PROVISIONING.deallocated,
      durable,
    );
  } else fill(invocation, { lba: extent.lba, count }, block, durable);
  return noDataOut ? GOOD : tookDataOut(task, block.length);
}

/** Bytes of a piece that is written at once. */
const PIECE = 1024 * 1024;

function fill(
  { unit: { medium } }: Invocation,
  { lba, count }: Extent,
  block: Buffer,
  durable: boolean,
): void {
  const most = Math.min(count, PIECE / block.length);
  const piece = Buffer.alloc(most * block.length, block);
  for (let done = 0; done < count; done += most) {
    medium.write(lba + done, piece.subarray(0, Math.min(most, count - done) * block.length), durable);
  }
}

/** Of thin units only. */
export const UNMAP_COMMAND: Command = command('UNMAP', '42 01 00000000 1F FFFF 00', 'write', true, unmap);

export const WRITE_SAME_COMMANDS: readonly Command[] = [
  command('WRITE SAME (10)', '41 18 FFFFFFFF 1F FFFF 00', 'write', true, (on) => writeSame(on, TEN)),
  command('WRITE SAME (16)', '93 19 FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'write', true, (on) =>
    writeSame(on, SIXTEEN),
  ),
];
