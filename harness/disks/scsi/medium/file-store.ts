import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { BlockStore } from './store.js';

/** Zeros are written in pieces of this many bytes. */
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * A disk in a file, sparse as long as nothing is written. It is never synchronised with the host's disk: a power cut is
 * one of the emulated drive, which the write cache's model plays, not one of the host.
 */
export class FileStore implements BlockStore {
  #fd: number | undefined;
  #blocks: number;

  /**
   * Opens `path`, or makes it, with room for exactly `blocks` blocks of `blockSize` bytes; what it holds is kept.
   * `fresh` is whether it held nothing. Throws what node:fs throws.
   */
  static open(path: string, blocks: number, blockSize: number): { store: FileStore; fresh: boolean } {
    let fd: number;
    try {
      fd = openSync(path, 'r+');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      fd = openSync(path, 'wx+');
    }
    const fresh = fstatSync(fd).size === 0;
    ftruncateSync(fd, blocks * blockSize);
    return { store: new FileStore(fd, blocks, blockSize), fresh };
  }

  private constructor(
    fd: number,
    blocks: number,
    readonly blockSize: number,
  ) {
    this.#fd = fd;
    this.#blocks = blocks;
  }

  get blocks(): number {
    return this.#blocks;
  }

  read(lba: number, into: Buffer): void {
    const fd = this.#open();
    for (let done = 0; done < into.length;) {
      const read = readSync(fd, into, done, into.length - done, lba * this.blockSize + done);
      // Only if somebody else has cut the file: what is missing reads as zeros, as in a sparse file.
      if (read === 0) {
        into.fill(0, done);
        return;
      }
      done += read;
    }
  }

  write(lba: number, data: Buffer): void {
    const fd = this.#open();
    for (let done = 0; done < data.length;) {
      done += writeSync(fd, data, done, data.length - done, lba * this.blockSize + done);
    }
  }

  discard(lba: number, count: number): void {
    const end = (lba + count) * this.blockSize;
    const fd = this.#open();
    for (let at = lba * this.blockSize; at < end;) {
      at += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, end - at), at);
    }
  }

  resize(blocks: number): void {
    ftruncateSync(this.#open(), blocks * this.blockSize);
    this.#blocks = blocks;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    if (this.#fd === undefined) throw new Error('the file of this disk is closed');
    return this.#fd;
  }
}
