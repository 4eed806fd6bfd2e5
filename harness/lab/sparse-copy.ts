import { type FileHandle, open } from 'node:fs/promises';

/** File systems keep nothing of a block of this size that was never written. */
const BLOCK = 4096;
const CHUNK = 4 << 20;
const ZEROS = Buffer.alloc(CHUNK);

/**
 * Copies a file of whole blocks without its blocks of zeros: those become holes, which take no space and read as zeros.
 * `to` must not exist. Throws what the file system does, ENOSPC among it.
 */
export async function copySparsely(from: string, to: string): Promise<void> {
  await using source = await open(from, 'r');
  await using target = await open(to, 'wx', 0o600);
  const { size } = await source.stat();
  await target.truncate(size);
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; at < size;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) throw new Error(`${from} became shorter while it was copied`);
    await writeRuns(target, chunk.subarray(0, bytesRead), at);
    at += bytesRead;
  }
}

/** Writes what of `bytes` is not zero, in runs of whole blocks. */
async function writeRuns(target: FileHandle, bytes: Buffer, at: number): Promise<void> {
  if (bytes.compare(ZEROS, 0, bytes.length) === 0) return;
  let from = 0;
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, bytes.length);
    if (bytes.compare(ZEROS, 0, end - block, block, end) !== 0) continue;
    await write(target, bytes.subarray(from, block), at + from);
    from = end;
  }
  await write(target, bytes.subarray(from), at + from);
}

/** Writes all of `bytes` at a position of the file. */
async function write(target: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await target.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
