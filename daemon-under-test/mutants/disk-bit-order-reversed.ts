/** Breaks DISK-01: region r is in the most significant bit first, as no kernel has it. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class BitOrderReversed extends DiskLog {
  protected override decodeBits(bitmap: Buffer): void {
    super.decodeBits(Buffer.from(bitmap.map(reversed)));
  }

  protected override encodeBits(): Uint8Array {
    return super.encodeBits().map(reversed);
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new BitOrderReversed(options) };

function reversed(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
}
