import { availableParallelism } from 'node:os';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRaw } from 'node:zlib';
import { z } from 'zod';
import { InfraError } from '../vm/index.js';

/** File systems keep nothing of a block of this size that was never written. */
const BLOCK = 4096;
/** So much is packed at a time, by one thread. */
const CHUNK = 4 << 20;
const ZEROS = Buffer.alloc(CHUNK);
/** The next level saves 4 %, and takes twice as long. */
const LEVEL = constants.Z_BEST_SPEED;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

const indexSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Bytes of the memory. */
  size: z.int().nonnegative(),
  chunks: z.array(
    z.strictObject({
      /** Where its packed bytes lie, and how many they are. */
      at: z.int().nonnegative(),
      length: z.int().positive(),
      /** First block in the memory, and how many follow each other: where its unpacked bytes belong. */
      runs: z.array(z.tuple([z.int().nonnegative(), z.int().positive()])),
    }),
  ),
});
type Index = z.infer<typeof indexSchema>;
type Chunk = Index['chunks'][number];

/** The two files of a packed memory. */
export interface PackedFiles {
  /** Raw deflate (RFC 1951), one stream for each chunk. */
  readonly packed: string;
  /** JSON: where they belong. */
  readonly index: string;
}

/** Where the packed memory of a golden node lies in its directory. */
export function packedFilesIn(directory: string): PackedFiles {
  return { packed: join(directory, 'ram.packed'), index: join(directory, 'ram.json') };
}

/**
 * Packs a file of whole blocks; blocks of zeros are left out. The files of `to` must not exist. Throws what the file
 * system does, ENOSPC among it.
 */
export async function packMemory(from: string, to: PackedFiles): Promise<void> {
  await using source = await open(from, 'r');
  await using target = await open(to.packed, 'wx', 0o600);
  const { size } = await source.stat();
  const chunks: Chunk[] = [];
  let at = 0;
  for (let offset = 0; offset < size; offset += CHUNK * availableParallelism()) {
    const some = await Promise.all(
      Array.from({ length: availableParallelism() }, (_unused, index) =>
        packChunk(source, offset + index * CHUNK, size),
      ),
    );
    for (const { runs, bytes } of some) {
      if (runs.length === 0) continue;
      await writeWhole(target, bytes, at);
      chunks.push({ at, length: bytes.length, runs });
      at += bytes.length;
    }
  }
  const index: Index = { schemaVersion: 1, size, chunks };
  await writeFile(to.index, JSON.stringify(index), { flag: 'wx' });
}

async function packChunk(
  source: FileHandle,
  offset: number,
  size: number,
): Promise<{ readonly runs: Chunk['runs']; readonly bytes: Buffer }> {
  const length = Math.max(0, Math.min(CHUNK, size - offset));
  const bytes = await readWhole(source, offset, length);
  if (bytes.compare(ZEROS, 0, length) === 0) return { runs: [], bytes: Buffer.alloc(0) };
  const runs: Chunk['runs'] = [];
  for (let block = 0; block < length; block += BLOCK) {
    const end = Math.min(block + BLOCK, length);
    if (bytes.compare(ZEROS, 0, end - block, block, end) === 0) continue;
    const index = (offset + block) / BLOCK;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === index) last[1] += 1;
    else runs.push([index, 1]);
  }
  const parts = runs.map(([first, count]) =>
    bytes.subarray(first * BLOCK - offset, (first + count) * BLOCK - offset),
  );
  return { runs, bytes: await deflate(Buffer.concat(parts), { level: LEVEL, chunkSize: CHUNK / 4 }) };
}

/**
 * Unpacks what {@link packMemory} packed into the file `to`, which must not exist: the same bytes, with holes for blocks of
 * zeros, which take no space. Throws {@link InfraError} for files that are damaged, and what the file system does.
 */
export async function unpackMemory({ packed, index }: PackedFiles, to: string): Promise<void> {
  const { size, chunks } = readIndex(index, await readFile(index, 'utf8'));
  await using source = await open(packed, 'r');
  await using target = await open(to, 'wx', 0o600);
  await target.truncate(size);
  const queue = [...chunks];
  const lane = async (): Promise<void> => {
    for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
      const bytes = await unpackChunk(await readWhole(source, chunk.at, chunk.length), chunk, packed);
      await writeRuns(target, bytes, chunk.runs);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

function readIndex(path: string, text: string): Index {
  try {
    return indexSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(path, error);
  }
}

async function unpackChunk(bytes: Buffer, { runs }: Chunk, path: string): Promise<Buffer> {
  const wanted = runs.reduce((sum, [, count]) => sum + count * BLOCK, 0);
  const unpacked = await inflate(bytes, { chunkSize: CHUNK, maxOutputLength: CHUNK }).catch(
    (error: unknown) => {
      throw damaged(path, error);
    },
  );
  // The last block of a file may be a part of one.
  if (unpacked.length > wanted || unpacked.length <= wanted - BLOCK) throw damaged(path, undefined);
  return unpacked;
}

async function writeRuns(target: FileHandle, bytes: Buffer, runs: Chunk['runs']): Promise<void> {
  let from = 0;
  for (const [first, count] of runs) {
    const part = bytes.subarray(from, from + count * BLOCK);
    await writeWhole(target, part, first * BLOCK);
    from += part.length;
  }
}

/** Writes all of `bytes` at a position of the file. */
async function writeWhole(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Bytes at a position of the file. */
async function readWhole(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new InfraError(`a file is shorter than it was: nothing at ${at + done}`);
    done += bytesRead;
  }
  return bytes;
}

function damaged(path: string, cause: unknown): InfraError {
  return new InfraError(
    `${path} is damaged; remove the golden nodes with \`ulogcheck clean --all\`, and they are made again`,
    { cause },
  );
}
