/** Values of keys as text (RFC 7143 6.1). */

/** A decimal or hexadecimal constant of at most 64 bits as a number; undefined if it is none, or beyond 2^53. */
export function readNumber(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `Yes` or `No`, as they are written in RFC 7143 6.1; undefined for all else. */
export function readBoolean(text: string): boolean | undefined {
  if (text === 'Yes') return true;
  return text === 'No' ? false : undefined;
}

/** The inverse of {@link readBoolean}. */
export function writeBoolean(value: boolean): string {
  return value ? 'Yes' : 'No';
}

/** A list of values, the most wanted first; empty items are no values. */
export function readList(text: string): readonly string[] {
  return text.split(',').filter((item) => item !== '');
}

/** A binary value, `0x` and hex digits or `0b` and base64; undefined if it is none or has no or over 1,024 bytes. */
export function readBinary(text: string): Buffer | undefined {
  let bytes: Buffer | undefined;
  if (/^0[xX]([0-9a-fA-F]{2})+$/.test(text)) bytes = Buffer.from(text.slice(2), 'hex');
  // An odd number of digits: the first one stands for a byte of its own.
  else if (/^0[xX][0-9a-fA-F]([0-9a-fA-F]{2})*$/.test(text)) bytes = Buffer.from(`0${text.slice(2)}`, 'hex');
  else if (/^0[bB][A-Za-z0-9+/]+={0,2}$/.test(text)) bytes = Buffer.from(text.slice(2), 'base64');
  return bytes !== undefined && bytes.length > 0 && bytes.length <= 1024 ? bytes : undefined;
}

/** Bytes as `0x` and two hex digits each. */
export function writeBinary(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`;
}
