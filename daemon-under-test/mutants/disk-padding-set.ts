/** Breaks DISK-10: the bits behind the last region are 1 on the device. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskPaddingSet extends DiskLog {
  protected override encodeBits(): Uint8Array {
    const bits = Uint8Array.from(super.encodeBits());
    for (let bit = this.clean.size; bit < bits.length * 8; bit++) {
      bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
    return bits;
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskPaddingSet(options),
};
