/** struct dm_ulog_request, in the layout with luid (2.6.31 final until now) and the one before it. */
import {
  asBuffer,
  requireBytes,
  requireRange,
  S32_MAX,
  S32_MIN,
  U32_MAX,
  U64_MAX,
  UlogFormatError,
} from './bytes.js';

/** One struct dm_ulog_request with its payload. */
export interface UlogMessage {
  /** Opaque 64-bit name of the log instance; 0 in the pre-luid layout. */
  luid: bigint;
  /** Name of the log, at most 128 bytes, one character per byte (latin-1), so nothing is lost. */
  uuid: string;
  /** 0 (no version field), 1, 2 or 3; `capabilities()` says what it means. */
  version: number;
  /** 0 or a negative errno; replies only. */
  error: number;
  /** Sequence number that the reply must echo; u32, wraps. */
  seq: number;
  /** Raw u32; only the low 8 bits are the type. */
  requestType: number;
  /** Bytes of payload that the sender announces. */
  dataSize: number;
  payload: Uint8Array;
}

/** 'luid': 160 bytes, kernels from 2.6.31 on. 'pre-luid': 152 bytes, 2.6.31-rc only (spec 3, generation A). */
export type UlogLayout = 'luid' | 'pre-luid';

/** sizeof(struct dm_ulog_request) of the luid layout, on 32-bit and 64-bit hosts alike. */
export const ULOG_HEADER_SIZE = 160;
/** Size of the header before luid and version were added. */
const ULOG_HEADER_SIZE_PRE_LUID = 152;
/** Size of the uuid field, NUL included. */
export const UUID_FIELD_SIZE = 129;
/** Most payload that a kernel sends: its buffer of 512 less cn_msg and request (spec 2.7). */
export const MAX_PAYLOAD = 332;
/** Most regions that a kernel groups in one message, though 41 would fit (spec 2.7). */
export const MAX_REGIONS_PER_MESSAGE = 32;

interface Offsets {
  readonly luid: number | undefined;
  readonly uuid: number;
  readonly version: number | undefined;
  readonly error: number;
  readonly seq: number;
  readonly type: number;
  readonly dataSize: number;
  readonly data: number;
}

/** Byte offsets of the fields (spec 3). */
const OFFSETS: { readonly [L in UlogLayout]: Offsets } = {
  luid: {
    luid: 0,
    uuid: 8,
    version: 140,
    error: 144,
    seq: 148,
    type: 152,
    dataSize: 156,
    data: ULOG_HEADER_SIZE,
  },
  'pre-luid': {
    luid: undefined,
    uuid: 0,
    version: undefined,
    error: 136,
    seq: 140,
    type: 144,
    dataSize: 148,
    data: ULOG_HEADER_SIZE_PRE_LUID,
  },
};

const NOT_LATIN1 = /[^\u0001-\u00ff]/;

/**
 * Writes `m` at `offset` of `target` and returns the offset behind it; the quick path of a daemon.
 *
 * `dataSize` is written as given, even when it is not the payload's length, because a test may want to lie.
 * @throws UlogFormatError when a field does not fit its place, or the target is too small.
 */
function encodeUlogInto(target: Buffer, offset: number, m: UlogMessage, layout: UlogLayout = 'luid'): number {
  const at = OFFSETS[layout];
  const end = offset + at.data + m.payload.length;
  requireBytes(target, offset, at.data + m.payload.length, 'request');
  if (m.uuid.length >= UUID_FIELD_SIZE) {
    throw new UlogFormatError('uuid', at.uuid, `${m.uuid.length} bytes, at most ${UUID_FIELD_SIZE - 1} fit`);
  }
  if (NOT_LATIN1.test(m.uuid)) {
    throw new UlogFormatError('uuid', at.uuid, 'holds a NUL or a character beyond U+00FF');
  }
  if (at.luid !== undefined && (m.luid < 0n || m.luid > U64_MAX)) {
    throw new UlogFormatError('luid', at.luid, `${m.luid} is not an unsigned 64-bit number`);
  }
  requireRange(m.version, 0, U32_MAX, 'version', 140);
  requireRange(m.error, S32_MIN, S32_MAX, 'error', at.error);
  requireRange(m.seq, 0, U32_MAX, 'seq', at.seq);
  requireRange(m.requestType, 0, U32_MAX, 'request_type', at.type);
  requireRange(m.dataSize, 0, U32_MAX, 'data_size', at.dataSize);

  target.fill(0, offset, offset + at.error);
  if (at.luid !== undefined) target.writeBigUInt64LE(m.luid, offset + at.luid);
  target.write(m.uuid, offset + at.uuid, 'latin1');
  if (at.version !== undefined) target.writeUInt32LE(m.version, offset + at.version);
  target.writeInt32LE(m.error, offset + at.error);
  target.writeUInt32LE(m.seq, offset + at.seq);
  target.writeUInt32LE(m.requestType, offset + at.type);
  target.writeUInt32LE(m.dataSize, offset + at.dataSize);
  target.set(m.payload, offset + at.data);
  return end;
}

/**
 * The bytes of `m`: 160 (pre-luid: 152, luid and version dropped) and the payload.
 * @throws UlogFormatError when a field does not fit its place.
 */
export function encodeUlog(m: UlogMessage, layout: UlogLayout = 'luid'): Uint8Array {
  const bytes = Buffer.alloc(OFFSETS[layout].data + m.payload.length);
  encodeUlogInto(bytes, 0, m, layout);
  return bytes;
}

/**
 * Reads a request or full reply. The payload is a view (no copy), bounded by data_size: what follows it may
 * be padding that old kernels leave uninitialised (spec 2.2, TRN-21).
 * @throws UlogFormatError, and nothing else, on a short header, a uuid without NUL or a data_size beyond the end.
 */
export function decodeUlog(bytes: Uint8Array, layout: UlogLayout = 'luid'): UlogMessage {
  const at = OFFSETS[layout];
  requireBytes(bytes, 0, at.data, 'request header');
  const buffer = asBuffer(bytes);
  const nul = buffer.indexOf(0, at.uuid);
  if (nul === -1 || nul >= at.uuid + UUID_FIELD_SIZE) {
    throw new UlogFormatError('uuid', at.uuid, `no NUL within its ${UUID_FIELD_SIZE} bytes`);
  }
  const dataSize = buffer.readUInt32LE(at.dataSize);
  if (dataSize > buffer.length - at.data) {
    const present = buffer.length - at.data;
    throw new UlogFormatError('data_size', at.dataSize, `announces ${dataSize} bytes, ${present} are there`);
  }
  return {
    luid: at.luid === undefined ? 0n : buffer.readBigUInt64LE(at.luid),
    uuid: buffer.toString('latin1', at.uuid, nul),
    version: at.version === undefined ? 0 : buffer.readUInt32LE(at.version),
    error: buffer.readInt32LE(at.error),
    seq: buffer.readUInt32LE(at.seq),
    requestType: buffer.readUInt32LE(at.type),
    dataSize,
    payload: buffer.subarray(at.data, at.data + dataSize),
  };
}
