/** What is answered for a LUN where there is no unit (SPC-4, SAM-5). */
import { parameterData } from './answer.js';
import { absentUnitInquiry } from './inquiry.js';
import { invalidFieldInCdb, unitNotSupported } from './refusal.js';
import { fixedSense } from './sense.js';
import type { TaskAnswer } from './task.js';

/** INQUIRY says qualifier 3, REQUEST SENSE gives 5/25/00 as data; all else ends in 5/25/00. Throws a Refusal. */
export function absentUnitAnswer(cdb: Buffer): TaskAnswer {
  switch (cdb.readUInt8(0)) {
    case 0x12:
      if ((cdb.readUInt8(1) & 0x01) !== 0) throw invalidFieldInCdb(1, 0);
      return parameterData(absentUnitInquiry(), cdb.readUInt16BE(3));
    case 0x03:
      return parameterData(fixedSense(unitNotSupported().sense), cdb.readUInt8(4));
    default:
      throw unitNotSupported();
  }
}
