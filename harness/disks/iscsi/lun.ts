/**
 * Reads the 8 bytes of a logical unit number (SAM-5, LUN addressing): peripheral device addressing of bus 0 (method 00b, the number
 * in byte 1) or flat space addressing (method 01b, 14 bits), single level. Undefined for other forms.
 */
export function readLun(bytes: Buffer): number | undefined {
  if (bytes.readUInt32BE(2) !== 0 || bytes.readUInt16BE(6) !== 0) return undefined;
  const first = bytes.readUInt16BE(0);
  if (first < 0x100) return first;
  return first >> 14 === 1 ? first & 0x3fff : undefined;
}

/** The inverse of {@link readLun}: peripheral addressing below 256, else flat. Throws a RangeError beyond 16,383. */
export function writeLun(lun: number): Buffer {
  if (!Number.isInteger(lun) || lun < 0 || lun > 0x3fff) throw new RangeError(`${lun} is no LUN`);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(lun < 0x100 ? lun : 0x4000 | lun, 0);
  return bytes;
}
