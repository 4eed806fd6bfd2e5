/** VERIFY and WRITE AND VERIFY (SBC-3). */
import { GOOD, tookDataOut } from '../answer.js';
import { invalidFieldInCdb } from '../refusal.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation } from '../unit-state.js';
import { requireInRange, requireSame, requireTransferable, requireWritable } from './extents.js';
import { land, SIXTEEN, TEN, TWELVE, type Form } from './transfer.js';

/**
 * BYTCHK, bits 2 and 1 of byte 1: 0 only looks whether the blocks can be read, 1 compares them with the data-out, 3
 * compares each with the one block sent.
 */
function byteCheck(cdb: Buffer): number {
  const check = (cdb.readUInt8(1) >> 1) & 3;
  if (check === 2) throw invalidFieldInCdb(1, 2);
  return check;
}

function verify({ unit, task }: Invocation, form: Form): TaskAnswer {
  const extent = form.extent(task.cdb);
  const check = byteCheck(task.cdb);
  requireInRange(unit, extent);
  if (check === 0) return GOOD;
  requireTransferable(unit, extent, form.countField);
  const { blockSize } = unit.medium;
  const wanted = (check === 1 ? extent.count : Math.min(1, extent.count)) * blockSize;
  const sent = task.dataOut.subarray(0, wanted);
  if (check === 1) requireSame(unit.medium.read(extent.lba, sent.length), sent);
  else if (sent.length === blockSize) {
    const all = unit.medium.read(extent.lba, extent.count * blockSize);
    for (let at = 0; at < all.length; at += blockSize) requireSame(all.subarray(at, at + blockSize), sent);
  }
  return tookDataOut(task, wanted);
}

/** What was written is there: it is compared with nothing else. It is on the medium too, as with FUA. */
function writeAndVerify(invocation: Invocation, form: Form): TaskAnswer {
  const { unit, task } = invocation;
  const extent = form.extent(task.cdb);
  if (byteCheck(task.cdb) === 3) throw invalidFieldInCdb(1, 2);
  requireWritable(unit);
  requireInRange(unit, extent);
  requireTransferable(unit, extent, form.countField);
  const wanted = extent.count * unit.medium.blockSize;
  land(invocation, extent.lba, task.dataOut.subarray(0, wanted), true);
  return tookDataOut(task, wanted);
}

const check = (name: string, usage: string, form: Form): Command =>
  command(name, usage, 'read', true, (on) => verify(on, form));
const write = (name: string, usage: string, form: Form): Command =>
  command(name, usage, 'write', true, (on) => writeAndVerify(on, form));

export const VERIFY_COMMANDS: readonly Command[] = [
  check('VERIFY (10)', '2F 16 FFFFFFFF 1F FFFF 00', TEN),
  check('VERIFY (12)', 'AF 16 FFFFFFFF FFFFFFFF 1F 00', TWELVE),
  check('VERIFY (16)', '8F 16 FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', SIXTEEN),
  write('WRITE AND VERIFY (10)', '2E 16 FFFFFFFF 1F FFFF 00', TEN),
  write('WRITE AND VERIFY (12)', 'AE 16 FFFFFFFF FFFFFFFF 1F 00', TWELVE),
  write('WRITE AND VERIFY (16)', '8E 16 FFFFFFFFFFFFFFFF FFFFFFFF 1F 00', SIXTEEN),
];
