/** What an initiator sends: the headers' layouts, field by field (RFC 7143 section 11). */
import { OPCODE } from './codes.js';
import { bit, bits, layout, raw, u16, u32, u8, type Values } from './layout.js';

/** Byte 0 bit 6: to be carried out at once, without a place in the order of commands. */
const immediate = bit(0, 6);
/** Byte 1 bit 7. */
const final = bit(1, 7);
const lun = raw(8, 8);
/** Initiator task tag. */
const itt = u32(16);
/** Target transfer tag. */
const ttt = u32(20);
const cmdSn = u32(24);
const expStatSn = u32(28);

/** RFC 7143 11.18. */
export const nopOut = layout(OPCODE.nopOut, { immediate, lun, itt, ttt, cmdSn, expStatSn }, 0x80);

/** RFC 7143 11.3. */
export const scsiCommand = layout(OPCODE.scsiCommand, {
  immediate,
  final,
  read: bit(1, 6),
  write: bit(1, 5),
  attribute: bits(1, 0, 3),
  lun,
  itt,
  /** In bytes; of data-out when both directions are set. */
  expectedLength: u32(20),
  cmdSn,
  expStatSn,
  cdb: raw(32, 16),
});

/** RFC 7143 11.5. */
export const taskManagementRequest = layout(
  OPCODE.taskManagementRequest,
  {
    immediate,
    function: bits(1, 0, 7),
    lun,
    itt,
    /** Tag of the task that is meant. */
    referencedTag: u32(20),
    cmdSn,
    expStatSn,
    refCmdSn: u32(32),
    expDataSn: u32(36),
  },
  0x80,
);

/** RFC 7143 11.12. */
export const loginRequest = layout(OPCODE.loginRequest, {
  immediate,
  transit: bit(1, 7),
  continues: bit(1, 6),
  currentStage: bits(1, 2, 2),
  nextStage: bits(1, 0, 2),
  versionMax: u8(2),
  versionMin: u8(3),
  isid: raw(8, 6),
  tsih: u16(14),
  itt,
  cid: u16(20),
  cmdSn,
  expStatSn,
});

/** RFC 7143 11.10. */
export const textRequest = layout(OPCODE.textRequest, {
  immediate,
  final,
  continues: bit(1, 6),
  lun,
  itt,
  ttt,
  cmdSn,
  expStatSn,
});

/** RFC 7143 11.7. */
export const dataOut = layout(OPCODE.dataOut, {
  final,
  lun,
  itt,
  ttt,
  expStatSn,
  dataSn: u32(36),
  bufferOffset: u32(40),
});

/** RFC 7143 11.14. */
export const logoutRequest = layout(
  OPCODE.logoutRequest,
  { immediate, reason: bits(1, 0, 7), itt, cid: u16(20), cmdSn, expStatSn },
  0x80,
);

/** RFC 7143 11.16. */
export const snack = layout(
  OPCODE.snack,
  { type: bits(1, 0, 4), lun, itt, ttt, expStatSn, begRun: u32(40), runLength: u32(44) },
  0x80,
);

export type ScsiCommand = Values<typeof scsiCommand>;
export type TaskManagementRequest = Values<typeof taskManagementRequest>;
export type LoginRequest = Values<typeof loginRequest>;
export type TextRequest = Values<typeof textRequest>;
export type DataOut = Values<typeof dataOut>;
