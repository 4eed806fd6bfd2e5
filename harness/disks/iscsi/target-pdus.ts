/** What a target sends: the headers' layouts, field by field (RFC 7143 section 11). */
import { OPCODE } from './codes.js';
import { bit, bits, layout, raw, u16, u32, u8, type Values } from './layout.js';

const FINAL = 0x80;
const lun = raw(8, 8);
const itt = u32(16);
const ttt = u32(20);
/** Where a response stands in the order of the connection, and what the session's window of commands is. */
const numbers = { statSn: u32(24), expCmdSn: u32(28), maxCmdSn: u32(32) };

/** RFC 7143 11.19. */
export const nopIn = layout(OPCODE.nopIn, { lun, itt, ttt, ...numbers }, FINAL);

/** RFC 7143 11.4. */
export const scsiResponse = layout(
  OPCODE.scsiResponse,
  {
    bidirectionalOverflow: bit(1, 4),
    bidirectionalUnderflow: bit(1, 3),
    overflow: bit(1, 2),
    underflow: bit(1, 1),
    response: u8(2),
    status: u8(3),
    itt,
    ...numbers,
    expDataSn: u32(36),
    bidirectionalResidual: u32(40),
    residual: u32(44),
  },
  FINAL,
);

/** RFC 7143 11.6. */
export const taskManagementResponse = layout(
  OPCODE.taskManagementResponse,
  { response: u8(2), itt, ...numbers },
  FINAL,
);

/** RFC 7143 11.13. */
export const loginResponse = layout(OPCODE.loginResponse, {
  transit: bit(1, 7),
  continues: bit(1, 6),
  currentStage: bits(1, 2, 2),
  nextStage: bits(1, 0, 2),
  versionMax: u8(2),
  versionActive: u8(3),
  isid: raw(8, 6),
  tsih: u16(14),
  itt,
  ...numbers,
  /** Class and detail. */
  status: u16(36),
});

/** RFC 7143 11.11. */
export const textResponse = layout(OPCODE.textResponse, {
  final: bit(1, 7),
  continues: bit(1, 6),
  lun,
  itt,
  ttt,
  ...numbers,
});

/** RFC 7143 11.7. */
export const dataIn = layout(OPCODE.dataIn, {
  final: bit(1, 7),
  acknowledge: bit(1, 6),
  overflow: bit(1, 2),
  underflow: bit(1, 1),
  /** The PDU carries the command's status, too. */
  hasStatus: bit(1, 0),
  status: u8(3),
  lun,
  itt,
  ttt,
  ...numbers,
  dataSn: u32(36),
  bufferOffset: u32(40),
  residual: u32(44),
});

/** RFC 7143 11.15. Times in seconds. */
export const logoutResponse = layout(
  OPCODE.logoutResponse,
  { response: u8(2), itt, ...numbers, time2Wait: u16(40), time2Retain: u16(42) },
  FINAL,
);

/** RFC 7143 11.8. */
export const r2t = layout(
  OPCODE.r2t,
  { lun, itt, ttt, ...numbers, r2tSn: u32(36), bufferOffset: u32(40), desiredLength: u32(44) },
  FINAL,
);

/** RFC 7143 11.9. */
export const asyncMessage = layout(
  OPCODE.asyncMessage,
  {
    lun,
    itt,
    ...numbers,
    event: u8(36),
    vendorCode: u8(37),
    parameter1: u16(38),
    parameter2: u16(40),
    parameter3: u16(42),
  },
  FINAL,
);

/** RFC 7143 11.17. */
export const reject = layout(OPCODE.reject, { reason: u8(2), itt, ...numbers, dataSn: u32(36) }, FINAL);

export type ScsiResponse = Values<typeof scsiResponse>;
export type LoginResponse = Values<typeof loginResponse>;
