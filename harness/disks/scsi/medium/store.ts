/** Where the blocks of a unit are kept: plain bytes, without a cache and without knowing what is mapped. */

/**
 * Storage of `blocks` logical blocks. All is synchronous: a command takes effect in one step, so that the order of
 * the trace is the order of the effects. Ranges are checked by the caller.
 */
export interface BlockStore extends Disposable {
  readonly blocks: number;
  /** Bytes of a logical block. */
  readonly blockSize: number;
  /** Fills `into`, a whole number of blocks, from block `lba` on. Blocks never written read as zeros. */
  read(lba: number, into: Buffer): void;
  /** Takes a copy of `data`, a whole number of blocks. */
  write(lba: number, data: Buffer): void;
  /** `count` blocks read as zeros from now on. */
  discard(lba: number, count: number): void;
  /** Grows, with zeros, or shrinks. */
  resize(blocks: number): void;
}
