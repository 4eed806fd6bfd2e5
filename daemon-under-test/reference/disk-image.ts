/** The bytes of a disk log: the kernel's own `disk` log and ours write the same (spec 12). */

/** Byte offset of the bitmap: sector 2. */
export const BITMAP_OFFSET = 1024;
/** Bytes 72 52 69 4D on the device. */
const MAGIC = 0x4d69_5272;
/** The version that is written; a little-endian kernel takes 1 for the same. */
const VERSION = 2;

/** What a header says: for how many regions the bitmap behind it was written, or why that is not to be had. */
export type DiskHeader =
  | { readonly kind: 'valid'; readonly regions: number }
  /** Blank, or something else than a log. */
  | { readonly kind: 'no-log' }
  | { readonly kind: 'unknown-version'; readonly version: number };

/** Bytes of the bitmap of `regionCount` regions, in units of 64 bits as the kernel has them. */
function bitmapBytes(regionCount: number): number {
  return Math.ceil(regionCount / 64) * 8;
}

/** Bytes that a log takes on a device with this logical block size; the kernel refuses a device that is smaller. */
export function logAreaSize(regionCount: number, blockSize: number): number {
  return Math.ceil((BITMAP_OFFSET + bitmapBytes(regionCount)) / blockSize) * blockSize;
}

/** Reads the header: magic u32, version u32, nr_regions u64, all little-endian. */
export function decodeDiskHeader(area: Buffer): DiskHeader {
  if (area.readUInt32LE(0) !== MAGIC) return { kind: 'no-log' };
  const version = area.readUInt32LE(4);
  if (version !== VERSION && version !== 1) return { kind: 'unknown-version', version };
  const regions = area.readBigUInt64LE(8);
  // More than a number can tell is more than any log of ours has: the same as "all regions".
  return { kind: 'valid', regions: Number(regions > 0xffff_ffffn ? 0xffff_ffffn : regions) };
}

/** Writes the 16 bytes of the header; what follows them up to the bitmap is left as it is. */
export function encodeDiskHeader(area: Buffer, regions: number): void {
  area.writeUInt32LE(MAGIC, 0);
  area.writeUInt32LE(VERSION, 4);
  area.writeBigUInt64LE(BigInt(regions), 8);
}
