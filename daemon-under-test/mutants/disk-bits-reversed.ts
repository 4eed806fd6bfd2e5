/** Breaks DISK-01: within each byte of the bitmap the first region has the highest bit. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

function reversed(byte: number): number {
  let bits = 0;
  for (let bit = 0; bit < 8; bit++) bits |= ((byte >> bit) & 1) << (7 - bit);
  return bits;
}

class DiskBitsReversed extends DiskLog {
  protected override decodeBits(bitmap: Buffer): void {
    super.decodeBits(Buffer.from(bitmap.map(reversed)));
  }

  protected override encodeBits(): Uint8Array {
    return super.encodeBits().map(reversed);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskBitsReversed(options),
};
