/** READ and WRITE (SBC-3), and what writes after a comparison or a combination. */
import { roomForDataIn, tookDataOut } from '../answer.js';
import { extent10, extent12, extent16, extent6, u64, type Extent } from '../cdb.js';
import { invalidFieldInCdb } from '../refusal.js';
import { STATUS } from '../status.js';
import type { ScsiTask, TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';
import { requireInRange, requireSame, requireTransferable, requireWritable } from './extents.js';

/** FUA, byte 1 of all but the 6-byte CDBs. */
export const FUA = 0x08;

/** How a CDB of a length tells its blocks, and the byte of their number. */
export interface Form {
  readonly extent: (cdb: Buffer) => Extent;
  readonly countField: number;
  /** There is no byte of flags, nor of a group. */
  readonly plain?: boolean;
}
const SIX: Form = { extent: extent6, countField: 4, plain: true };
/** The forms with flags in byte 1. */
export const TEN: Form = { extent: extent10, countField: 7 };
export const TWELVE: Form = { extent: extent12, countField: 6 };
export const SIXTEEN: Form = { extent: extent16, countField: 10 };

const forcesUnitAccess = ({ plain = false }: Form, cdb: Buffer): boolean =>
  !plain && (cdb.readUInt8(1) & FUA) !== 0;

/** Data that is written now stays, whatever happens: there is no cache, it is off, or goes unused. */
export const isDurable = ({ unit, effect }: Invocation, forced: boolean): boolean =>
  forced ? effect.keepsNothing !== true : !unit.modes.writeCacheEnabled;

/**
 * Lands the whole blocks of `data` from `lba` on, or as many as a fault lets through. Less than the CDB wants is
 * written if the initiator sent less; the residual tells.
 */
export function land(invocation: Invocation, lba: number, data: Buffer, forced: boolean): void {
  const { unit, effect } = invocation;
  const { blockSize } = unit.medium;
  const blocks = Math.min(Math.floor(data.length / blockSize), effect.landing ?? Infinity);
  unit.medium.write(lba, data.subarray(0, blocks * blockSize), isDurable(invocation, forced));
}

function read({ unit, task, effect }: Invocation, form: Form): TaskAnswer {
  const extent = form.extent(task.cdb);
  requireInRange(unit, extent);
  requireTransferable(unit, extent, form.countField);
  if (forcesUnitAccess(form, task.cdb) && effect.keepsNothing !== true) unit.medium.synchronize(extent);
  const wanted = extent.count * unit.medium.blockSize;
  const length = Math.min(wanted, roomForDataIn(task));
  const dataIn = unit.medium.read(extent.lba, length, (bytes) => allocated(task, bytes));
  return { kind: 'status', status: STATUS.good, dataIn, wanted };
}

const allocated = (task: ScsiTask, bytes: number): Buffer =>
  task.allocate?.(bytes) ?? Buffer.allocUnsafe(bytes);

function write(invocation: Invocation, form: Form): TaskAnswer {
  const { unit, task } = invocation;
  const extent = form.extent(task.cdb);
  requireWritable(unit);
  requireInRange(unit, extent);
  requireTransferable(unit, extent, form.countField);
  const wanted = extent.count * unit.medium.blockSize;
  const sent = task.dataOut.length > wanted ? task.dataOut.subarray(0, wanted) : task.dataOut;
  land(invocation, extent.lba, filledUp(invocation, extent.lba, sent), forcesUnitAccess(form, task.cdb));
  return tookDataOut(task, wanted);
}

/** Data that ends within a block, with the rest of that block as it is (libiscsi's iSCSIResiduals expects it written). */
function filledUp({ unit }: Invocation, lba: number, sent: Buffer): Buffer {
  const { blockSize } = unit.medium;
  const rest = sent.length % blockSize;
  if (rest === 0) return sent;
  const last = unit.medium.read(lba + (sent.length - rest) / blockSize, blockSize);
  return Buffer.concat([sent, last.subarray(rest)]);
}

/** ORWRITE (16) (SBC-3): the data-out is combined with what is there. */
function orWrite(invocation: Invocation): TaskAnswer {
  const { unit, task } = invocation;
  const extent = extent16(task.cdb);
  requireWritable(unit);
  requireInRange(unit, extent);
  requireTransferable(unit, extent, SIXTEEN.countField);
  const { blockSize } = unit.medium;
  const wanted = extent.count * blockSize;
  const length = Math.floor(Math.min(wanted, task.dataOut.length) / blockSize) * blockSize;
  const combined = unit.medium.read(extent.lba, length);
  for (let at = 0; at < length; at++) combined[at] = (combined[at] ?? 0) | (task.dataOut[at] ?? 0);
  land(invocation, extent.lba, combined, forcesUnitAccess(SIXTEEN, task.cdb));
  return tookDataOut(task, wanted);
}

/**
 * COMPARE AND WRITE (SBC-3), byte 13 blocks: the first half of the data-out is compared, the second written, in
 * one step. Data-out of another length than twice the blocks is refused, since half of it would mean something else.
 */
function compareAndWrite(invocation: Invocation): TaskAnswer {
  const { unit, task } = invocation;
  const lba = u64(task.cdb, 2);
  const count = task.cdb.readUInt8(13);
  requireWritable(unit);
  requireInRange(unit, { lba, count });
  const length = count * unit.medium.blockSize;
  if (task.dataOut.length !== 2 * length) throw invalidFieldInCdb(13);
  requireSame(unit.medium.read(lba, length), task.dataOut.subarray(0, length));
  land(invocation, lba, task.dataOut.subarray(length), (task.cdb.readUInt8(1) & FUA) !== 0);
  return tookDataOut(task, 2 * length);
}

export const TRANSFER_COMMANDS: readonly Command[] = [
  command('READ (6)', '08 1FFFFF FF 00', 'read', true, (on) => read(on, SIX)),
  command('READ (10)', '28 1E FFFFFFFF 1F FFFF 00', 'read', true, (on) => read(on, TEN)),
  command('READ (12)', 'A8 1E FFFFFFFF FFFFFFFF 1F 00', 'read', true, (on) => read(on, TWELVE)),
  command('READ (16)', '88 1E FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'read', true, (on) => read(on, SIXTEEN)),
  command('WRITE (6)', '0A 1FFFFF FF 00', 'write', true, (on) => write(on, SIX)),
  command('WRITE (10)', '2A 1A FFFFFFFF 1F FFFF 00', 'write', true, (on) => write(on, TEN)),
  command('WRITE (12)', 'AA 1A FFFFFFFF FFFFFFFF 1F 00', 'write', true, (on) => write(on, TWELVE)),
  command('WRITE (16)', '8A 1A FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'write', true, (on) => write(on, SIXTEEN)),
  command('ORWRITE (16)', '8B 1A FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', 'write', true, orWrite),
  command('COMPARE AND WRITE', '89 1A FFFFFFFFFFFFFFFF 000000 FF 1F 00', 'write', true, compareAndWrite),
];
