/** The commands that every device has (SPC-4), and those of its motor and door (SBC-3 and SPC-4). */
import { GOOD, parameterData } from '../answer.js';
import { standardInquiry } from '../inquiry.js';
import { invalidFieldInCdb, notReady, removalPrevented } from '../refusal.js';
import { descriptorSense, fixedSense, SENSE_KEY, type Sense } from '../sense.js';
import type { TaskAnswer } from '../task.js';
import { command, type Access, type Command, type Invocation } from '../unit-state.js';
import { vitalProductData } from '../vital-product-data.js';

function testUnitReady({ unit }: Invocation): TaskAnswer {
  if (unit.stopped) throw notReady();
  return GOOD;
}

/** EVPD is bit 0 of byte 1, the page code byte 2, which must be 0 without it; allocation length in bytes 3-4. */
function inquiry({ unit, task }: Invocation): TaskAnswer {
  const { cdb, nexus } = task;
  const code = cdb.readUInt8(2);
  const allocation = cdb.readUInt16BE(3);
  if ((cdb.readUInt8(1) & 0x01) === 0) {
    if (code !== 0) throw invalidFieldInCdb(2);
    return parameterData(standardInquiry(unit.identity), allocation);
  }
  const { thin, blockSize, hasVolatileCache } = unit.medium;
  const page = vitalProductData(code, {
    identity: unit.identity,
    target: nexus.target,
    thin,
    volatileCache: hasVolatileCache,
    blockSize,
    physicalExponent: unit.physicalExponent,
    vendorPages: unit.vendor?.vpdPages ?? new Map<number, Buffer>(),
  });
  if (page === undefined) throw invalidFieldInCdb(2);
  return parameterData(page, allocation);
}

/** Sense as data: a pending unit attention, which is cleared, or that the unit is stopped, or nothing (SPC-4, REQUEST SENSE). */
function requestSense({ unit, task, port }: Invocation): TaskAnswer {
  const stopped: Sense = notReady().sense;
  const nothing: Sense = { key: SENSE_KEY.noSense, asc: 0, ascq: 0 };
  const sense = unit.attentions.take(port) ?? (unit.stopped ? stopped : nothing);
  const wantsDescriptors = (task.cdb.readUInt8(1) & 0x01) !== 0;
  return parameterData(wantsDescriptors ? descriptorSense(sense) : fixedSense(sense), task.cdb.readUInt8(4));
}

/** LOG SENSE pages: those supported, and informational exceptions, of which there are none (SPC-4). */
const LOG_PAGES = new Map<number, Buffer>([
  [0x00, Buffer.from([0x00, 0, 0, 2, 0x00, 0x2f])],
  [0x2f, Buffer.from([0x2f, 0, 0, 8, 0, 0, 0x03, 4, 0, 0, 0, 0])],
]);

/** The page code is the low 6 bits of byte 2; no subpages, no parameter pointer; cumulative values are all values. */
function logSense({ task: { cdb } }: Invocation): TaskAnswer {
  const page = LOG_PAGES.get(cdb.readUInt8(2) & 0x3f);
  if (page === undefined) throw invalidFieldInCdb(2, 5);
  if (cdb.readUInt16BE(5) !== 0) throw invalidFieldInCdb(5);
  return parameterData(page, cdb.readUInt16BE(7));
}

/** START is bit 0 of byte 4, LOEJ bit 1, the power condition its high nibble. */
const startStopByte = (cdb: Buffer): { start: boolean; loadEject: boolean; powerCondition: number } => {
  const byte = cdb.readUInt8(4);
  return { start: (byte & 0x01) !== 0, loadEject: (byte & 0x02) !== 0, powerCondition: byte >> 4 };
};

function startStopUnit({ unit, task }: Invocation): TaskAnswer {
  const { start, loadEject, powerCondition } = startStopByte(task.cdb);
  // Power conditions come and go unseen: the unit is as fast in all of them.
  if (powerCondition !== 0) return GOOD;
  if (loadEject && !start && unit.preventing.size > 0) throw removalPrevented();
  // The medium cannot be removed, so there is nothing to load or to eject.
  if (loadEject) throw invalidFieldInCdb(4, 1);
  if (!start) unit.medium.synchronize({ lba: 0, count: unit.medium.blocks });
  unit.stopped = !start;
  return GOOD;
}

/** PREVENT is bit 0 of byte 4; bit 1 is for medium changers and refused (PREVENT ALLOW MEDIUM REMOVAL). */
function preventAllow({ unit, task, port }: Invocation): TaskAnswer {
  if ((task.cdb.readUInt8(4) & 0x01) === 0) unit.preventing.delete(port);
  else unit.preventing.add(port);
  return GOOD;
}

const startStopAccess = (cdb: Buffer): Access => {
  const { start, powerCondition } = startStopByte(cdb);
  return start && powerCondition === 0 ? 'always' : 'write';
};
const preventAccess = (cdb: Buffer): Access => ((cdb.readUInt8(4) & 0x01) === 0 ? 'always' : 'write');

export const PRIMARY_COMMANDS: readonly Command[] = [
  command('TEST UNIT READY', '00 00 00 00 00 00', 'ready', false, testUnitReady),
  command('REQUEST SENSE', '03 01 0000 FF 00', 'always', false, requestSense),
  command('INQUIRY', '12 01 FF FFFF 00', 'always', false, inquiry),
  command('START STOP UNIT', '1B 01 00 0F F7 00', startStopAccess, false, startStopUnit),
  command('PREVENT ALLOW MEDIUM REMOVAL', '1E 00 0000 01 00', preventAccess, false, preventAllow),
  command('LOG SENSE', '4D 00 FF 00 00 FFFF FFFF 00', 'always', false, logSense),
];
