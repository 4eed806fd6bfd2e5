/** From the bytes that a probe captured at a struct cn_msg to the fields of an event. */
import {
  CONNECTOR_HEADER_SIZE,
  decodeConnector,
  decodeUlog,
  ULOG_HEADER_SIZE,
  UUID_FIELD_SIZE,
} from '../ulog/index.js';
import type { ReplyEvent, TransmissionEvent } from '../history/index.js';

/** Bytes captured from the start of a cn_msg: the kernel's whole buffer (spec 2.7), 64 words of 8 bytes. */
export const CAPTURED_SIZE = 512;

/** What of a transmission is read from its bytes. */
export type TransmissionFields = Pick<
  TransmissionEvent,
  'seq' | 'uuid' | 'luid' | 'version' | 'type' | 'error' | 'dataSize' | 'payload' | 'connector'
>;

/** What of a reply is read from its bytes. */
export type ReplyFields = Pick<
  ReplyEvent,
  'form' | 'seq' | 'ack' | 'error' | 'dataSize' | 'payload' | 'connector' | 'uuid' | 'luid' | 'type'
>;

/** Where these lie in struct dm_ulog_request (spec 3). */
const UUID_LAST = 8 + UUID_FIELD_SIZE - 1;
const DATA_SIZE = 156;

const NOTHING = new Uint8Array(0);

/**
 * Bytes of the reply that were sent but not captured; 0 for every reply that is not a status string of more than
 * 332 bytes. Such a reply's payload is shorter than both `dataSize` and what `connector.len` announces.
 */
export function uncapturedBytes(reply: Pick<ReplyEvent, 'connector'>): number {
  return Math.max(0, CONNECTOR_HEADER_SIZE + reply.connector.len - CAPTURED_SIZE);
}

/** Reads what cn_netlink_send was given. `captured` is CAPTURED_SIZE bytes; those behind cn.len mean nothing. */
export function readTransmission(captured: Buffer): TransmissionFields {
  const { header, body } = readConnector(captured);
  const structure = readStructure(body);
  return {
    seq: structure.seq,
    uuid: structure.uuid,
    luid: structure.luid,
    version: structure.version,
    type: structure.requestType,
    error: structure.error,
    dataSize: structure.dataSize,
    payload: structure.payload,
    connector: connectorFields(header),
  };
}

/**
 * Reads what cn_ulog_callback was given, as the kernel does (spec 2.3): no body is a bare ack, 160 bytes and more
 * a full reply, anything between is malformed (seq is then that of the cn_msg, and the payload its whole body).
 * A data_size beyond what was sent is kept in `dataSize`; the payload ends where the message ends.
 */
export function readReply(captured: Buffer): ReplyFields {
  const { header, body } = readConnector(captured);
  const connector = connectorFields(header);
  const { seq, ack } = header;
  if (header.len === 0) {
    return { form: 'ack', seq, ack, error: -(ack | 0) | 0, dataSize: 0, payload: NOTHING, connector };
  }
  if (header.len < ULOG_HEADER_SIZE) {
    return { form: 'malformed', seq, ack, error: 0, dataSize: 0, payload: new Uint8Array(body), connector };
  }
  const structure = readStructure(body);
  return {
    form: 'full',
    seq: structure.seq,
    ack,
    error: structure.error,
    dataSize: structure.dataSize,
    payload: structure.payload,
    connector,
    uuid: structure.uuid,
    luid: structure.luid,
    type: structure.requestType,
  };
}

interface Header {
  readonly seq: number;
  readonly ack: number;
  readonly len: number;
  readonly flags: number;
}

function connectorFields({ seq, ack, len, flags }: Header): ReplyEvent['connector'] {
  return { seq, ack, len, flags };
}

/** The header as sent, and the body cut to what is both announced and captured. */
function readConnector(captured: Buffer): { header: Header; body: Buffer } {
  const bytes = Buffer.from(captured);
  const announced = bytes.readUInt16LE(16);
  bytes.writeUInt16LE(Math.min(announced, bytes.length - CONNECTOR_HEADER_SIZE), 16);
  const message = decodeConnector(bytes);
  return { header: { ...message, len: announced }, body: Buffer.from(message.body) };
}

/** Unlike decodeUlog this refuses nothing: a recorder shows what was sent, however wrong. */
function readStructure(body: Buffer): ReturnType<typeof decodeUlog> {
  const bytes = Buffer.alloc(Math.max(body.length, ULOG_HEADER_SIZE));
  body.copy(bytes);
  const dataSize = bytes.readUInt32LE(DATA_SIZE);
  bytes.writeUInt32LE(Math.min(dataSize, bytes.length - ULOG_HEADER_SIZE), DATA_SIZE);
  bytes[UUID_LAST] = 0; // a uuid without its NUL is shown cut, not refused
  const message = decodeUlog(bytes);
  return { ...message, dataSize, payload: new Uint8Array(message.payload) };
}
