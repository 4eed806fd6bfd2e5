/** REPORT LUNS (SPC-4). */
import { parameterData } from './answer.js';
import { invalidFieldInCdb } from './refusal.js';
import type { TaskAnswer } from './task.js';

/** 8 bytes: peripheral addressing below 256, flat addressing from there (SAM-5, LUN addressing). */
function lunBytes(lun: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(lun < 256 ? lun : 0x4000 | lun, 0);
  return bytes;
}

/** SELECT REPORT in byte 2: 0 and 2 all units, 1 the well-known ones, of which there are none; allocation length 6-9. */
export function reportLuns(cdb: Buffer, luns: readonly number[]): TaskAnswer {
  const select = cdb.readUInt8(2);
  const allocation = cdb.readUInt32BE(6);
  if (select > 2) throw invalidFieldInCdb(2);
  if (allocation < 16) throw invalidFieldInCdb(6);
  const list = Buffer.concat(select === 1 ? [] : luns.map(lunBytes));
  const header = Buffer.alloc(8);
  header.writeUInt32BE(list.length, 0);
  return parameterData(Buffer.concat([header, list]), allocation);
}
