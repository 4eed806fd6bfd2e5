/** Snapshots are the first to go when space is short: they can be made again without the network. */
import { statfs } from 'node:fs/promises';
import { type Cache, CacheError, MEMORY_KIND, SNAPSHOT_KIND } from '../cache/index.js';

const MIB = 1 << 20;
/**
 * So much must be free when a golden node is made: its RAM while it runs, 384 MiB at most, its packed copy, and an
 * unpacked one; twice, for two are made at a time. A QEMU that finds no block for a page of its RAM dies of SIGBUS.
 */
const NEEDED_BYTES = 1280 * MIB;
/** A file system with less is taken for full: what failed, failed for that. */
const FULL_BYTES = 64 * MIB;
/** So much snapshots may take all together: those of a hundred kernels. */
const ALL_BYTES = 8192 * MIB;

/** What decides about space; other figures are for tests. */
export interface SnapshotSpace {
  readonly neededBytes: number;
  readonly fullBytes: number;
  readonly allBytes: number;
  /** Bytes that may still be written below a directory. */
  readonly freeBytes: (directory: string) => Promise<number>;
}

const SPACE: SnapshotSpace = {
  neededBytes: NEEDED_BYTES,
  fullBytes: FULL_BYTES,
  allBytes: ALL_BYTES,
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
};

/**
 * Runs `make`, which makes a snapshot if it is not there yet, and calls `haveSpace` before it writes. Older snapshots
 * that nobody uses go when there are too many of them or the file system has too little space; when it became full
 * meanwhile, `make` has a second try without them. Throws CacheError when there is no space even so.
 */
export async function withSnapshotSpace<T>(
  cache: Cache,
  make: (haveSpace: () => Promise<void>) => Promise<T>,
  space: SnapshotSpace = SPACE,
): Promise<T> {
  const haveSpace = async (): Promise<void> => {
    await evict(cache, space);
    const free = await space.freeBytes(cache.directory);
    if (free < space.neededBytes) throw noSpace(cache, free, space.neededBytes);
  };
  try {
    return await make(haveSpace);
  } catch (error) {
    const free = await space.freeBytes(cache.directory);
    if (error instanceof CacheError || (free >= space.fullBytes && !isNoSpace(error))) throw error;
    // Somebody else took the space.
    await evict(cache, space);
    if ((await space.freeBytes(cache.directory)) < space.neededBytes) {
      throw noSpace(cache, free, space.neededBytes, error);
    }
    return await make(haveSpace);
  }
}

async function evict(cache: Cache, { neededBytes, allBytes, freeBytes }: SnapshotSpace): Promise<void> {
  const haveFree = async (): Promise<boolean> => (await freeBytes(cache.directory)) >= neededBytes;
  await cache.evictKind(MEMORY_KIND, haveFree);
  await cache.evictKind(SNAPSHOT_KIND, async (left) => {
    const bytes = left.reduce((sum, entry) => sum + entry.bytes, 0);
    return bytes <= allBytes && (await haveFree());
  });
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function noSpace({ directory }: Cache, free: number, needed: number, cause?: unknown): CacheError {
  const mib = (bytes: number): number => Math.floor(bytes / MIB);
  return new CacheError(
    `no space for a golden node: the file system of the cache ${directory} has ${mib(free)} MiB free, and ` +
      `${mib(needed)} MiB are needed while one is made; snapshots that nobody uses are gone already. Free some ` +
      'space (`ulogcheck clean` tells what the cache holds), or set ULOGCHECK_CACHE to a directory that has more',
    { cause },
  );
}
