/** How numbers and bytes that JSON has no form for are written in a history file. */
import { z } from 'zod';

/** u64 as lower-case hex with 0x, the way kernels print addresses: a luid. In memory a bigint. */
export const hexU64 = z.codec(
  z.string().regex(/^0x[0-9a-f]{1,16}$/, 'must be a 64-bit number in hex, such as 0xffff888003a41400'),
  z.bigint(),
  { decode: (text) => BigInt(text), encode: (value) => `0x${value.toString(16)}` },
);

/** Nanoseconds as decimal text, since they do not fit a JSON number. In memory a bigint. */
export const nanoseconds = z.codec(
  z.string().regex(/^\d{1,20}$/, 'must be nanoseconds in decimal digits, as text'),
  z.bigint(),
  { decode: (text) => BigInt(text), encode: (value) => value.toString() },
);

/** Any other u64 as decimal text. In memory a bigint. */
export const decimalU64 = z.codec(
  z.string().regex(/^\d{1,20}$/, 'must be an unsigned 64-bit number in decimal digits, as text'),
  z.bigint(),
  { decode: (text) => BigInt(text), encode: (value) => value.toString() },
);

/** Bytes as lower-case hex, two digits each, '' for none. In memory a Uint8Array. */
export const hexBytes = z.codec(
  z.string().regex(/^(?:[0-9a-f]{2})*$/, 'must be bytes in hex, two lower-case digits each'),
  z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array),
  {
    decode: (text) => Uint8Array.from(Buffer.from(text, 'hex')),
    encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
  },
);
