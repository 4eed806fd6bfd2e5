import type { BlockStore } from './store.js';

/** Bytes that are allocated at once; a store that holds little takes little. */
const CHUNK = 64 * 1024;

/** A sparse disk in memory. */
export class MemoryStore implements BlockStore {
  readonly #chunks = new Map<number, Buffer>();
  #blocks: number;

  /** `blockSize` in bytes, 512 or 4096. */
  constructor(
    blocks: number,
    readonly blockSize: number,
  ) {
    this.#blocks = blocks;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** Bytes of memory that hold blocks. */
  get allocated(): number {
    return this.#chunks.size * CHUNK;
  }

  read(lba: number, into: Buffer): void {
    this.#pieces(lba * this.blockSize, into.length, (chunk, from, length, done) => {
      const bytes = this.#chunks.get(chunk);
      if (bytes === undefined) into.fill(0, done, done + length);
      else bytes.copy(into, done, from, from + length);
    });
  }

  write(lba: number, data: Buffer): void {
    this.#pieces(lba * this.blockSize, data.length, (chunk, from, length, done) => {
      let bytes = this.#chunks.get(chunk);
      if (bytes === undefined) {
        bytes = Buffer.alloc(CHUNK);
        this.#chunks.set(chunk, bytes);
      }
      data.copy(bytes, from, done, done + length);
    });
  }

  discard(lba: number, count: number): void {
    this.#pieces(lba * this.blockSize, count * this.blockSize, (chunk, from, length) => {
      if (length === CHUNK) this.#chunks.delete(chunk);
      else this.#chunks.get(chunk)?.fill(0, from, from + length);
    });
  }

  resize(blocks: number): void {
    if (blocks < this.#blocks) {
      const end = blocks * this.blockSize;
      for (const [chunk, bytes] of this.#chunks) {
        if (chunk * CHUNK >= end) this.#chunks.delete(chunk);
        else if ((chunk + 1) * CHUNK > end) bytes.fill(0, end - chunk * CHUNK);
      }
    }
    this.#blocks = blocks;
  }

  [Symbol.dispose](): void {
    this.#chunks.clear();
  }

  /** Calls `piece` with the chunk, the offset in it, the length, and the bytes dealt with before. */
  #pieces(
    offset: number,
    length: number,
    piece: (chunk: number, from: number, length: number, done: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const at = offset + done;
      const chunk = Math.floor(at / CHUNK);
      const from = at - chunk * CHUNK;
      const now = Math.min(length - done, CHUNK - from);
      piece(chunk, from, now, done);
      done += now;
    }
  }
}
