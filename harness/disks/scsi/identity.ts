import { createHash } from 'node:crypto';

/** Who a logical unit says that it is. */
export interface Identity {
  /** T10 vendor identification, at most 8 characters of ASCII. */
  readonly vendor: string;
  /** At most 16 characters. */
  readonly product: string;
  /** At most 4 characters. */
  readonly revision: string;
  /** Unit serial number, at most 36 characters: unique among all disks that one host sees. */
  readonly serial: string;
  /** NAA designator, 8 bytes. */
  readonly naa: Buffer;
}

/**
 * An NAA locally assigned designator (type 3, SPC-4), 8 bytes, derived from the serial number. 64 bits only,
 * since udev's ID_WWN takes no more of longer ones, and the IDM lock manager takes ID_WWN for the drive (spec idm 4).
 */
export function naaOf(serial: string): Buffer {
  const bytes = createHash('sha256').update(serial).digest().subarray(0, 8);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x0f) | 0x30, 0);
  return bytes;
}

/** ASCII, left-aligned, padded with spaces to `length` bytes; other characters become a question mark. */
export function paddedAscii(text: string, length: number): Buffer {
  return Buffer.from(
    text
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .slice(0, length)
      .padEnd(length),
    'latin1',
  );
}
