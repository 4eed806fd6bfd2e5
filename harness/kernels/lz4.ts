/** A packed kernel is damaged; the message says where. */
export class Lz4Error extends Error {
  override name = 'Lz4Error';
}

/** First bytes of the legacy format of lz4, the only one that kernels are packed with. */
export const LZ4_LEGACY_MAGIC = '02214c18';

/**
 * Unpacks the legacy format of lz4 (`lz4 -l`, lz4's doc/lz4_Frame_format.md): the magic, then blocks that each begin
 * with their packed length, u32 little-endian, and unpack to at most 8 MiB on their own. `size` is the unpacked size in
 * bytes. Throws {@link Lz4Error}.
 */
export function unpackLz4Legacy(stream: Buffer, size: number): Buffer {
  const output = Buffer.alloc(size);
  let written = 0;
  let at = 4;
  while (at < stream.length && written < size) {
    if (at + 4 > stream.length) throw new Lz4Error(`lz4: cut off at ${at}`);
    const length = stream.readUInt32LE(at);
    at += 4;
    if (at + length > stream.length) throw new Lz4Error(`lz4: the block at ${at} is cut off`);
    written = unpackBlock(stream.subarray(at, at + length), output, written);
    at += length;
  }
  return output.subarray(0, written);
}

/** Unpacks one block (lz4's doc/lz4_Block_format.md) into `output` from `start` on and gives where it ends. */
function unpackBlock(block: Buffer, output: Buffer, start: number): number {
  let from = 0;
  let to = start;
  // A length of 15 goes on in bytes that are added up, until one is not 255.
  const longer = (length: number): number => {
    let total = length;
    if (length !== 15) return total;
    for (let next = 255; next === 255; from += 1) {
      next = block[from] ?? -1;
      if (next < 0) throw new Lz4Error('lz4: a length is cut off');
      total += next;
    }
    return total;
  };
  while (from < block.length) {
    const token = block[from] ?? 0;
    from += 1;
    const literals = longer(token >> 4);
    if (from + literals > block.length || to + literals > output.length) {
      throw new Lz4Error('lz4: a block holds more than there is room for');
    }
    block.copy(output, to, from, from + literals);
    from += literals;
    to += literals;
    // The last sequence of a block ends with its literals.
    if (from === block.length) break;
    if (from + 2 > block.length) throw new Lz4Error('lz4: an offset is cut off');
    const offset = block.readUInt16LE(from);
    from += 2;
    const length = longer(token & 15) + 4;
    if (offset === 0 || to - offset < start || to + length > output.length) {
      throw new Lz4Error('lz4: a copy from outside of the block');
    }
    if (offset >= length) {
      output.copy(output, to, to - offset, to - offset + length);
    } else {
      // It repeats what it has just written.
      for (let index = 0; index < length; index += 1) output[to + index] = output[to - offset + index] ?? 0;
    }
    to += length;
  }
  return to;
}
