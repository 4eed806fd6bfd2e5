/** Reflected form of the Castagnoli polynomial 11EDC6F41h (RFC 7143 13.1). */
const POLYNOMIAL = 0x82f6_3b78;

/** Eight tables of 256 words: table k holds what a byte does to the sum k bytes later, so that eight go at a time. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    tables[byte] = sum;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = entry(tables, at - 256);
    tables[at] = entry(tables, before & 0xff) ^ (before >>> 8);
  }
  return tables;
}

function entry(tables: Int32Array, at: number): number {
  return tables[at] ?? 0;
}

/**
 * CRC32C of `bytes` as an unsigned number; `before` is the sum of what came ahead of them. A digest on the wire is this
 * number with its least significant byte first (RFC 7143 13.1 and the examples of RFC 7143 A.4).
 */
export function crc32c(bytes: Buffer, before = 0): number {
  const tables = TABLES;
  let sum = ~before;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = sum ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    sum =
      entry(tables, 0x700 + (low & 0xff)) ^
      entry(tables, 0x600 + ((low >>> 8) & 0xff)) ^
      entry(tables, 0x500 + ((low >>> 16) & 0xff)) ^
      entry(tables, 0x400 + (low >>> 24)) ^
      entry(tables, 0x300 + (high & 0xff)) ^
      entry(tables, 0x200 + ((high >>> 8) & 0xff)) ^
      entry(tables, 0x100 + ((high >>> 16) & 0xff)) ^
      entry(tables, high >>> 24);
  }
  for (; at < bytes.length; at++) sum = entry(tables, (sum ^ bytes.readUInt8(at)) & 0xff) ^ (sum >>> 8);
  return ~sum >>> 0;
}
