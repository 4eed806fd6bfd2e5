/** Payloads of requests and replies (spec 4): u64 and s64 numbers, region lists, and texts. */
import { asBuffer, U64_MAX, UlogFormatError } from './bytes.js';

const S64_MIN = -0x8000_0000_0000_0000n;
const S64_MAX = 0x7fff_ffff_ffff_ffffn;

/** Answer to GET_RESYNC_WORK: {s64 have_work; u64 region}. */
export interface ResyncWork {
  haveWork: bigint;
  region: bigint;
}

/** Answer to IS_REMOTE_RECOVERING: {s64 recovering; u64 in_sync_hint}. */
export interface RemoteRecovering {
  recovering: bigint;
  inSyncHint: bigint;
}

/** Payload of SET_REGION_SYNC: {u64 region; s64 in_sync}. */
export interface RegionSync {
  region: bigint;
  inSync: bigint;
}

/** Payload of CTR: the constructor text, and whether it is a reconnect (spec 2.6). */
export interface ConstructorPayload {
  text: string;
  /** The payload ends in NUL: the kernel rebuilds a log that it lost, and takes no data in the reply. */
  reconnect: boolean;
}

function exactly(p: Uint8Array, size: number, field: string): Buffer {
  if (p.length !== size) throw new UlogFormatError(field, 0, `${p.length} bytes, must be ${size}`);
  return asBuffer(p);
}

function unsigned(value: bigint, field: string, offset: number): bigint {
  if (value >= 0n && value <= U64_MAX) return value;
  throw new UlogFormatError(field, offset, `${value} is not an unsigned 64-bit number`);
}

function signed(value: bigint, field: string, offset: number): bigint {
  if (value >= S64_MIN && value <= S64_MAX) return value;
  throw new UlogFormatError(field, offset, `${value} is not a signed 64-bit number`);
}

/** 8 bytes: region size, region or sync count. */
export function encodeU64(value: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(unsigned(value, 'u64', 0));
  return bytes;
}

/** @throws UlogFormatError unless the payload has 8 bytes. */
export function decodeU64(p: Uint8Array): bigint {
  return exactly(p, 8, 'u64').readBigUInt64LE(0);
}

/** 8 bytes: answer to IN_SYNC and IS_CLEAN, exactly 0 or 1 in a good one. */
export function encodeS64(value: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64LE(signed(value, 's64', 0));
  return bytes;
}

/** @throws UlogFormatError unless the payload has 8 bytes. */
export function decodeS64(p: Uint8Array): bigint {
  return exactly(p, 8, 's64').readBigInt64LE(0);
}

/** Region list of MARK_REGION, CLEAR_REGION and an integrated FLUSH: 8 bytes each. */
export function encodeRegions(regions: readonly bigint[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(regions.length * 8);
  for (const [i, region] of regions.entries())
    bytes.writeBigUInt64LE(unsigned(region, 'region', i * 8), i * 8);
  return bytes;
}

/** Any number of regions, none included (a FLUSH without payload). @throws UlogFormatError on a part of one. */
export function decodeRegions(p: Uint8Array): bigint[] {
  if (p.length % 8 !== 0) {
    throw new UlogFormatError(
      'regions',
      p.length - (p.length % 8),
      `${p.length} bytes, must be a multiple of 8`,
    );
  }
  const buffer = asBuffer(p);
  const regions: bigint[] = [];
  for (let at = 0; at < buffer.length; at += 8) regions.push(buffer.readBigUInt64LE(at));
  return regions;
}

/** 16 bytes. */
export function encodeResyncWork(work: ResyncWork): Uint8Array {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigInt64LE(signed(work.haveWork, 'have_work', 0), 0);
  bytes.writeBigUInt64LE(unsigned(work.region, 'region', 8), 8);
  return bytes;
}

/** @throws UlogFormatError unless the payload has 16 bytes. */
export function decodeResyncWork(p: Uint8Array): ResyncWork {
  const buffer = exactly(p, 16, 'resync work');
  return { haveWork: buffer.readBigInt64LE(0), region: buffer.readBigUInt64LE(8) };
}

/** 16 bytes. */
export function encodeRemoteRecovering(answer: RemoteRecovering): Uint8Array {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigInt64LE(signed(answer.recovering, 'recovering', 0), 0);
  bytes.writeBigUInt64LE(unsigned(answer.inSyncHint, 'in_sync_hint', 8), 8);
  return bytes;
}

/** @throws UlogFormatError unless the payload has 16 bytes. */
export function decodeRemoteRecovering(p: Uint8Array): RemoteRecovering {
  const buffer = exactly(p, 16, 'remote recovering');
  return { recovering: buffer.readBigInt64LE(0), inSyncHint: buffer.readBigUInt64LE(8) };
}

/** 16 bytes. */
export function encodeRegionSync(request: RegionSync): Uint8Array {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64LE(unsigned(request.region, 'region', 0), 0);
  bytes.writeBigInt64LE(signed(request.inSync, 'in_sync', 8), 8);
  return bytes;
}

/** @throws UlogFormatError unless the payload has 16 bytes. */
export function decodeRegionSync(p: Uint8Array): RegionSync {
  const buffer = exactly(p, 16, 'region sync');
  return { region: buffer.readBigUInt64LE(0), inSync: buffer.readBigInt64LE(8) };
}

function latin1(text: string, nul: boolean, field: string): Uint8Array {
  const bad = text.search(/[^\u0001-\u00ff]/);
  if (bad !== -1) throw new UlogFormatError(field, bad, 'holds a NUL or a character beyond U+00FF');
  return Buffer.from(nul ? `${text}\0` : text, 'latin1');
}

/** CTR payload: the text without NUL on construction, with one on reconnect (spec 2.6). */
export function encodeConstructorText(ctr: ConstructorPayload): Uint8Array {
  return latin1(ctr.text, ctr.reconnect, 'constructor text');
}

/** @throws UlogFormatError when a NUL stands anywhere but at the end. */
export function decodeConstructorText(p: Uint8Array): ConstructorPayload {
  const buffer = asBuffer(p);
  const nul = buffer.indexOf(0);
  if (nul !== -1 && nul !== buffer.length - 1) {
    throw new UlogFormatError('constructor text', nul, `NUL before the end of its ${buffer.length} bytes`);
  }
  return { text: buffer.toString('latin1', 0, nul === -1 ? buffer.length : nul), reconnect: nul !== -1 };
}

/** Answer to STATUS_INFO and STATUS_TABLE, and the device path of CTR; `nul` ends it with a NUL byte. */
export function encodeText(text: string, nul = false): Uint8Array {
  return latin1(text, nul, 'text');
}

/** A text with or without NUL at its end. @throws UlogFormatError when a NUL stands anywhere else. */
export function decodeText(p: Uint8Array): string {
  const buffer = asBuffer(p);
  const nul = buffer.indexOf(0);
  if (nul !== -1 && nul !== buffer.length - 1) {
    throw new UlogFormatError('text', nul, `NUL before the end of its ${buffer.length} bytes`);
  }
  return buffer.toString('latin1', 0, nul === -1 ? buffer.length : nul);
}
