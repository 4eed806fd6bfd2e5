/**
 * The one error of this folder, and the few byte primitives that every codec here shares.
 *
 * All integers of the protocol are in host byte order (spec, conventions). The kernels under test are amd64,
 * so everything is read and written little-endian, whatever the harness itself runs on.
 */

/** Bytes that are not what the format demands: `field` names the part, `offset` is its byte position. */
export class UlogFormatError extends Error {
  readonly offset: number;
  readonly field: string;

  constructor(field: string, offset: number, problem: string) {
    super(`${field} at byte ${offset}: ${problem}`);
    this.name = 'UlogFormatError';
    this.field = field;
    this.offset = offset;
  }
}

/** The same memory as a Buffer (its readers are the quick ones); copies nothing. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws unless `bytes` holds at least `size` bytes from `offset` on. */
export function requireBytes(bytes: Uint8Array, offset: number, size: number, field: string): void {
  const available = bytes.length - offset;
  if (available < size) {
    throw new UlogFormatError(field, offset, `needs ${size} bytes, only ${Math.max(available, 0)} are there`);
  }
}

/** Throws unless `value` is an integer from `low` to `high`; guards the encoders. */
export function requireRange(value: number, low: number, high: number, field: string, offset: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new UlogFormatError(field, offset, `${value} is not an integer from ${low} to ${high}`);
  }
}

/** Limits for {@link requireRange}. */
export const U16_MAX = 0xffff;
/** See {@link U16_MAX}. */
export const U32_MAX = 0xffff_ffff;
/** See {@link U16_MAX}. */
export const S32_MIN = -0x8000_0000;
/** See {@link U16_MAX}. */
export const S32_MAX = 0x7fff_ffff;
/** Largest unsigned 64-bit number. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;
