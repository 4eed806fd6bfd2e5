/** Parameter data of PERSISTENT RESERVE IN (SPC-4). */
import { RELATIVE_PORT } from '../port.js';
import type { PersistentReservations, Registration } from './persistent.js';

/** PRGENERATION 4 bytes, length of the rest 4 bytes, the rest. */
function withHeader({ generation }: PersistentReservations, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(generation, 0);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** READ KEYS: 8 bytes for each registration. */
export function keysData(state: PersistentReservations): Buffer {
  const keys = Buffer.alloc(8 * state.registrations.length);
  state.registrations.forEach(({ key }, index) => keys.writeBigUInt64BE(key, 8 * index));
  return withHeader(state, keys);
}

/** READ RESERVATION: nothing, or 16 bytes: key 0-7, scope (0: the unit) and type in 13. */
export function reservationData(state: PersistentReservations): Buffer {
  if (state.reservation === undefined) return withHeader(state, Buffer.alloc(0));
  const body = Buffer.alloc(16);
  body.writeBigUInt64BE(state.reservation.key, 0);
  body[13] = state.reservation.type;
  return withHeader(state, body);
}

/**
 * REPORT CAPABILITIES, 8 bytes: length; ATP_C and PTPL_C in byte 2; TMV, ALLOW COMMANDS 3 (TEST UNIT READY passes, and
 * MODE SENSE and the like pass Write Exclusive) and PTPL_A in 3; the mask of all six types in 4-5.
 */
export function capabilitiesData({ keptOverPowerLoss }: PersistentReservations): Buffer {
  return Buffer.from([0, 8, 0x04 | 0x01, 0x80 | 0x30 | (keptOverPowerLoss ? 0x01 : 0), 0xea, 0x01, 0, 0]);
}

/** TransportID of iSCSI with a port name: 45h, 0, length of the rest, the name with NUL, padded to 4 bytes. */
function transportId(port: string): Buffer {
  const name = Buffer.from(port, 'utf8');
  const padded = Math.max(20, Math.ceil((name.length + 1) / 4) * 4);
  const bytes = Buffer.alloc(4 + padded);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(padded, 2);
  name.copy(bytes, 4);
  return bytes;
}

/** 24 bytes: key 0-7, ALL_TG_PT and R_HOLDER in 12, scope and type in 13, port 18-19, length of the TransportID 20-23. */
function fullStatus(state: PersistentReservations, { port, key, allTargetPorts }: Registration): Buffer {
  const bytes = Buffer.alloc(24);
  const holds = state.holds(port);
  const id = transportId(port);
  bytes.writeBigUInt64BE(key, 0);
  bytes[12] = (allTargetPorts ? 0x02 : 0) | (holds ? 0x01 : 0);
  bytes[13] = holds ? (state.reservation?.type ?? 0) : 0;
  bytes.writeUInt16BE(RELATIVE_PORT, 18);
  bytes.writeUInt32BE(id.length, 20);
  return Buffer.concat([bytes, id]);
}

/** READ FULL STATUS: one descriptor for each registration. */
export function fullStatusData(state: PersistentReservations): Buffer {
  return withHeader(
    state,
    Buffer.concat(state.registrations.map((registration) => fullStatus(state, registration))),
  );
}
