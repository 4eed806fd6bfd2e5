/** MODE SENSE and MODE SELECT, 6 and 10 bytes (SPC-4). */
import { parameterData, tookDataOut } from '../answer.js';
import { ATTENTION } from '../attentions.js';
import { PAGE_CONTROL, type PageChange, type PageControl } from '../mode-pages.js';
import { invalidFieldInCdb, invalidFieldInParameters, parameterListLengthError } from '../refusal.js';
import type { TaskAnswer } from '../task.js';
import { command, type Command, type Invocation, type UnitState } from '../unit-state.js';

/** Bytes of a mode parameter header. */
type HeaderLength = 4 | 8;

const CONTROLS: readonly PageControl[] = [
  PAGE_CONTROL.current,
  PAGE_CONTROL.changeable,
  PAGE_CONTROL.defaults,
  PAGE_CONTROL.saved,
];

/** WP in bit 7, if the unit takes no writes; DPOFUA in bit 4 (SBC-3, device-specific parameter). */
const deviceSpecific = ({ readOnly, modes }: UnitState): number =>
  (readOnly || modes.writeProtected ? 0x80 : 0) | 0x10;

/** Short: 4 bytes of blocks (all ones if more), 0, 3 bytes of size. Long: 8 bytes of blocks, 4 reserved, 4 of size. */
function blockDescriptor({ medium: { blocks, blockSize } }: UnitState, long: boolean): Buffer {
  const bytes = Buffer.alloc(long ? 16 : 8);
  if (long) {
    bytes.writeBigUInt64BE(BigInt(blocks), 0);
    bytes.writeUInt32BE(blockSize, 12);
  } else {
    bytes.writeUInt32BE(Math.min(blocks, 0xffff_ffff), 0);
    bytes.writeUIntBE(blockSize, 5, 3);
  }
  return bytes;
}

/** DBD is bit 3 of byte 1, LLBAA bit 4; page control and code are byte 2, the subpage byte 3. */
function modeSense({ unit, task: { cdb } }: Invocation, headerLength: HeaderLength): TaskAnswer {
  const flags = cdb.readUInt8(1);
  const long = headerLength === 8 && (flags & 0x10) !== 0;
  const descriptor = (flags & 0x08) !== 0 ? Buffer.alloc(0) : blockDescriptor(unit, long);
  const subpage = cdb.readUInt8(3);
  // No page has subpages; all of them (FFh) are the pages themselves.
  if (subpage !== 0 && subpage !== 0xff) throw invalidFieldInCdb(3);
  const pages = unit.modes.tell(
    cdb.readUInt8(2) & 0x3f,
    CONTROLS[cdb.readUInt8(2) >> 6] ?? PAGE_CONTROL.current,
  );
  if (pages === undefined) throw invalidFieldInCdb(2, 5);
  const header = Buffer.alloc(headerLength);
  const length = headerLength + descriptor.length + pages.length;
  if (headerLength === 4) {
    header[0] = length - 1;
    header[2] = deviceSpecific(unit);
    header[3] = descriptor.length;
  } else {
    header.writeUInt16BE(length - 2, 0);
    header[3] = deviceSpecific(unit);
    header[4] = long ? 0x01 : 0;
    header.writeUInt16BE(descriptor.length, 6);
  }
  const allocation = headerLength === 4 ? cdb.readUInt8(4) : cdb.readUInt16BE(7);
  return parameterData(Buffer.concat([header, descriptor, pages]), allocation);
}

/** Throws 5/26/00 unless the descriptor says what is so already, or leaves the number of blocks open (0, all ones). */
function requireSameGeometry({ medium }: UnitState, descriptor: Buffer, at: number): void {
  const long = descriptor.length === 16;
  const blocks = long ? Number(descriptor.readBigUInt64BE(0)) : descriptor.readUInt32BE(0);
  const open = blocks === 0 || blocks >= 0xffff_ffff;
  if (!open && blocks !== medium.blocks) throw invalidFieldInParameters(at);
  const size = long ? descriptor.readUInt32BE(12) : descriptor.readUIntBE(5, 3);
  if (size !== medium.blockSize) throw invalidFieldInParameters(at + (long ? 12 : 5));
}

/** The pages behind header and block descriptor. Throws 5/1A/00 if one is cut short, 5/26/00 if one cannot be so. */
function pageChanges({ modes }: UnitState, parameters: Buffer, start: number): PageChange[] {
  const changes: PageChange[] = [];
  for (let at = start; at < parameters.length;) {
    const code = parameters.readUInt8(at) & 0x7f;
    const length = modes.length(code);
    if (length === undefined) throw invalidFieldInParameters(at, 5);
    if (at + 1 >= parameters.length) throw parameterListLengthError();
    if (parameters[at + 1] !== length - 2) throw invalidFieldInParameters(at + 1);
    if (at + length > parameters.length) throw parameterListLengthError();
    const change = { code, page: parameters.subarray(at, at + length) };
    const offence = modes.offence(change);
    if (offence !== undefined) throw invalidFieldInParameters(at + offence);
    changes.push(change);
    at += length;
  }
  return changes;
}

/** PF is bit 4 of byte 1 and must be set, SP (save) bit 0. All pages are right, or nothing changes. */
function modeSelect(invocation: Invocation, headerLength: HeaderLength): TaskAnswer {
  const { unit, task, port } = invocation;
  const { cdb } = task;
  const flags = cdb.readUInt8(1);
  if ((flags & 0x10) === 0) throw invalidFieldInCdb(1, 4);
  const length = headerLength === 4 ? cdb.readUInt8(4) : cdb.readUInt16BE(7);
  if (length === 0) return tookDataOut(task, 0);
  const parameters = task.dataOut.subarray(0, length);
  if (parameters.length < headerLength) throw parameterListLengthError();
  const descriptorLength = headerLength === 4 ? parameters.readUInt8(3) : parameters.readUInt16BE(6);
  const start = headerLength + descriptorLength;
  if (start > parameters.length) throw parameterListLengthError();
  if (descriptorLength !== 0) {
    const long = headerLength === 8 && (parameters.readUInt8(4) & 0x01) !== 0;
    if (descriptorLength !== (long ? 16 : 8)) throw invalidFieldInParameters(headerLength === 4 ? 3 : 6);
    requireSameGeometry(unit, parameters.subarray(headerLength, start), headerLength);
  }
  const changes = pageChanges(unit, parameters, start);
  if (unit.modes.change(changes, (flags & 0x01) !== 0)) {
    // Without the cache nothing may be left in it (SBC-3, caching mode page).
    if (!unit.modes.writeCacheEnabled) unit.medium.synchronize({ lba: 0, count: unit.medium.blocks });
    unit.attentions.establishForAll(ATTENTION.modeParametersChanged, port);
  }
  return tookDataOut(task, length);
}

export const MODE_COMMANDS: readonly Command[] = [
  command('MODE SENSE (6)', '1A 08 FF FF FF 00', 'read', false, (on) => modeSense(on, 4)),
  command('MODE SENSE (10)', '5A 18 FF FF 000000 FFFF 00', 'read', false, (on) => modeSense(on, 8)),
  command('MODE SELECT (6)', '15 11 0000 FF 00', 'write', false, (on) => modeSelect(on, 4)),
  command('MODE SELECT (10)', '55 11 0000000000 FFFF 00', 'write', false, (on) => modeSelect(on, 8)),
];
