/** Breaks DISK-03: the bitmap is kept in big-endian words of 32 bits. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskWordsSwapped extends DiskLog {
  protected override decodeBits(bitmap: Buffer): void {
    const whole = bitmap.subarray(0, bitmap.length - (bitmap.length % 4));
    super.decodeBits(Buffer.from(whole).swap32());
  }

  protected override encodeBits(): Uint8Array {
    return Buffer.from(super.encodeBits()).swap32();
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskWordsSwapped(options),
};
