/** The two headers around a dm_ulog_request: struct nlmsghdr and struct cn_msg (spec 2.2). */
import { asBuffer, requireBytes, requireRange, U16_MAX, U32_MAX, UlogFormatError } from './bytes.js';
import { decodeUlog, ULOG_HEADER_SIZE, type UlogMessage } from './message.js';

/** Connector id of the userspace log: idx of every message (spec 2.1). */
export const CN_IDX_DM = 7;
/** The other half of the id: val of every message. */
export const CN_VAL_DM_USERSPACE_LOG = 1;
/** Multicast group number (not mask) that a daemon joins; equal to the idx. */
export const DM_ULOG_GROUP = 7;
/** sizeof(struct nlmsghdr). */
export const NETLINK_HEADER_SIZE = 16;
/** sizeof(struct cn_msg). */
export const CONNECTOR_HEADER_SIZE = 20;
/** nlmsg_type of every message of the connector. */
export const NLMSG_DONE = 3;

/** struct cn_msg (20 bytes: idx, val, seq, ack as u32, len, flags as u16) and the `len` bytes behind it. */
export interface ConnectorMessage {
  idx: number;
  val: number;
  seq: number;
  /** 0 from the kernel; in a bare ack 0 or a positive errno. */
  ack: number;
  /** Announced bytes of body. */
  len: number;
  flags: number;
  body: Uint8Array;
}

/** struct nlmsghdr (16 bytes: length u32, type and flags u16, seq and pid u32) and its payload. */
export interface NetlinkMessage {
  /** Header and payload, without alignment padding. */
  length: number;
  type: number;
  flags: number;
  seq: number;
  pid: number;
  payload: Uint8Array;
}

/** Writes the 20-byte header and the body at `offset`; returns the offset behind. `len` is written as given. */
function encodeConnectorInto(target: Buffer, offset: number, m: ConnectorMessage): number {
  requireBytes(target, offset, CONNECTOR_HEADER_SIZE + m.body.length, 'connector message');
  encodeConnectorHeaderInto(target, offset, m);
  target.set(m.body, offset + CONNECTOR_HEADER_SIZE);
  return offset + CONNECTOR_HEADER_SIZE + m.body.length;
}

/** The header alone, for a caller that writes the body in place. */
export function encodeConnectorHeaderInto(
  target: Buffer,
  offset: number,
  m: Omit<ConnectorMessage, 'body'>,
): void {
  requireBytes(target, offset, CONNECTOR_HEADER_SIZE, 'connector header');
  requireRange(m.idx, 0, U32_MAX, 'cn idx', 0);
  requireRange(m.val, 0, U32_MAX, 'cn val', 4);
  requireRange(m.seq, 0, U32_MAX, 'cn seq', 8);
  requireRange(m.ack, 0, U32_MAX, 'cn ack', 12);
  requireRange(m.len, 0, U16_MAX, 'cn len', 16);
  requireRange(m.flags, 0, U16_MAX, 'cn flags', 18);
  target.writeUInt32LE(m.idx, offset);
  target.writeUInt32LE(m.val, offset + 4);
  target.writeUInt32LE(m.seq, offset + 8);
  target.writeUInt32LE(m.ack, offset + 12);
  target.writeUInt16LE(m.len, offset + 16);
  target.writeUInt16LE(m.flags, offset + 18);
}

/** 20 bytes of header and the body. @throws UlogFormatError when a field does not fit its place. */
export function encodeConnector(m: ConnectorMessage): Uint8Array {
  const bytes = Buffer.alloc(CONNECTOR_HEADER_SIZE + m.body.length);
  encodeConnectorInto(bytes, 0, m);
  return bytes;
}

/** Reads cn_msg; the body is a view bounded by len. @throws UlogFormatError only. */
export function decodeConnector(bytes: Uint8Array): ConnectorMessage {
  requireBytes(bytes, 0, CONNECTOR_HEADER_SIZE, 'connector header');
  const buffer = asBuffer(bytes);
  const len = buffer.readUInt16LE(16);
  const present = buffer.length - CONNECTOR_HEADER_SIZE;
  if (len > present) throw new UlogFormatError('cn len', 16, `announces ${len} bytes, ${present} are there`);
  return {
    idx: buffer.readUInt32LE(0),
    val: buffer.readUInt32LE(4),
    seq: buffer.readUInt32LE(8),
    ack: buffer.readUInt32LE(12),
    len,
    flags: buffer.readUInt16LE(18),
    body: buffer.subarray(CONNECTOR_HEADER_SIZE, CONNECTOR_HEADER_SIZE + len),
  };
}

/** The header alone, for a caller that writes the payload in place. */
export function encodeNetlinkHeaderInto(
  target: Buffer,
  offset: number,
  m: Omit<NetlinkMessage, 'payload'>,
): void {
  requireBytes(target, offset, NETLINK_HEADER_SIZE, 'netlink header');
  requireRange(m.length, 0, U32_MAX, 'nlmsg_len', 0);
  requireRange(m.type, 0, U16_MAX, 'nlmsg_type', 4);
  requireRange(m.flags, 0, U16_MAX, 'nlmsg_flags', 6);
  requireRange(m.seq, 0, U32_MAX, 'nlmsg_seq', 8);
  requireRange(m.pid, 0, U32_MAX, 'nlmsg_pid', 12);
  target.writeUInt32LE(m.length, offset);
  target.writeUInt16LE(m.type, offset + 4);
  target.writeUInt16LE(m.flags, offset + 6);
  target.writeUInt32LE(m.seq, offset + 8);
  target.writeUInt32LE(m.pid, offset + 12);
}

/** 16 bytes of header and the payload, `length` as given. @throws UlogFormatError when a field does not fit. */
export function encodeNetlink(m: NetlinkMessage): Uint8Array {
  const bytes = Buffer.alloc(NETLINK_HEADER_SIZE + m.payload.length);
  encodeNetlinkHeaderInto(bytes, 0, m);
  bytes.set(m.payload, NETLINK_HEADER_SIZE);
  return bytes;
}

/** Reads the first nlmsghdr of a datagram; the payload is a view bounded by nlmsg_len. @throws UlogFormatError only. */
export function decodeNetlink(bytes: Uint8Array): NetlinkMessage {
  requireBytes(bytes, 0, NETLINK_HEADER_SIZE, 'netlink header');
  const buffer = asBuffer(bytes);
  const length = buffer.readUInt32LE(0);
  if (length < NETLINK_HEADER_SIZE || length > buffer.length) {
    throw new UlogFormatError(
      'nlmsg_len',
      0,
      `${length} is not from ${NETLINK_HEADER_SIZE} to the datagram's ${buffer.length}`,
    );
  }
  return {
    length,
    type: buffer.readUInt16LE(4),
    flags: buffer.readUInt16LE(6),
    seq: buffer.readUInt32LE(8),
    pid: buffer.readUInt32LE(12),
    payload: buffer.subarray(NETLINK_HEADER_SIZE, length),
  };
}

/** A whole datagram: `connector` in an nlmsghdr of type NLMSG_DONE, flags 0, seq echoed, pid 0 (spec 2.2). */
export function encodeDatagram(connector: ConnectorMessage): Uint8Array {
  const payload = encodeConnector(connector);
  const length = NETLINK_HEADER_SIZE + payload.length;
  return encodeNetlink({ length, type: NLMSG_DONE, flags: 0, seq: connector.seq, pid: 0, payload });
}

/** The connector message of a datagram. @throws UlogFormatError only. */
export function decodeDatagram(bytes: Uint8Array): ConnectorMessage {
  return decodeConnector(decodeNetlink(bytes).payload);
}

/** True for id 7:1; everything else on the socket is foreign traffic to be dropped in silence (TRN-08). */
export function isUlogConnector(m: { readonly idx: number; readonly val: number }): boolean {
  return m.idx === CN_IDX_DM && m.val === CN_VAL_DM_USERSPACE_LOG;
}

/** The bare-ack form of a reply (spec 2.3): no body; `errno` is 0 or positive. */
export function bareAck(seq: number, errno: number): ConnectorMessage {
  return {
    idx: CN_IDX_DM,
    val: CN_VAL_DM_USERSPACE_LOG,
    seq,
    ack: errno,
    len: 0,
    flags: 0,
    body: new Uint8Array(0),
  };
}

/** What the kernel takes a message from a daemon for. */
export type UlogReply =
  | { readonly form: 'full'; readonly seq: number; readonly error: number; readonly message: UlogMessage }
  | { readonly form: 'ack'; readonly seq: number; readonly error: number }
  | { readonly form: 'malformed'; readonly problem: string };

/**
 * Reads a reply as the kernel does (spec 2.3): no body is a bare ack (cn.seq, error = -cn.ack); 160 bytes and
 * more a full reply (inner seq and error); anything between is malformed and dropped by the kernel.
 * A full reply whose data_size exceeds its body is called malformed too: the kernel would read past it.
 */
export function decodeReply(m: ConnectorMessage): UlogReply {
  if (m.len === 0) return { form: 'ack', seq: m.seq, error: 0 - (m.ack | 0) };
  if (m.len < ULOG_HEADER_SIZE) {
    return { form: 'malformed', problem: `cn len ${m.len} is neither 0 nor at least ${ULOG_HEADER_SIZE}` };
  }
  try {
    const message = decodeUlog(m.body);
    return { form: 'full', seq: message.seq, error: message.error, message };
  } catch (error) {
    if (error instanceof UlogFormatError) return { form: 'malformed', problem: error.message };
    throw error;
  }
}
