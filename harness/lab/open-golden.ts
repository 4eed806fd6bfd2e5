/** Golden nodes as nodes are restored from them: with their memory unpacked (docs/snapshots.md, Space). */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Cache, cacheDirectory, MEMORY_KIND } from '../cache/index.js';
import type { GoldenFacts } from './golden.js';
import { packedFilesIn, unpackMemory } from './packed-memory.js';

/** So much they may take all together, unless more are in use. */
const ALL_BYTES = 512 << 20;

/** A snapshot that nodes can be restored from. Plain data. */
export interface Golden {
  readonly ram: string;
  readonly state: string;
  readonly facts: GoldenFacts;
}

/** This process's, by directory: what one was given stays as long as the process lives. */
const opened = new Map<string, Promise<Golden>>();
const caches = new Map<string, Promise<Cache>>();

function cacheAt(directory: string): Promise<Cache> {
  const cache = caches.get(directory) ?? Cache.open({ directory });
  caches.set(directory, cache);
  return cache;
}

/**
 * A golden node by its directory. Its memory is unpacked when it is asked for first, by whichever process; the others
 * wait, and use the same. Throws InfraError for one that is damaged, CacheError.
 */
export async function openGolden(directory: string): Promise<Golden> {
  const golden = opened.get(directory) ?? unpackGolden(directory);
  opened.set(directory, golden);
  golden.catch(() => opened.delete(directory)); // the next one may have more luck
  return await golden;
}

async function unpackGolden(directory: string): Promise<Golden> {
  const facts = JSON.parse(await readFile(join(directory, 'facts.json'), 'utf8')) as GoldenFacts;
  // entries/KIND/KEY
  const cache = await cacheAt(dirname(dirname(dirname(directory))));
  const memory = await cache.entry(MEMORY_KIND, { snapshot: basename(directory) }, async (target) => {
    await cache.evictKind(MEMORY_KIND, (left) =>
      Promise.resolve(left.reduce((sum, { bytes }) => sum + bytes, 0) <= ALL_BYTES),
    );
    await unpackMemory(packedFilesIn(directory), join(target, 'ram'));
  });
  return { ram: join(memory, 'ram'), state: join(directory, 'state'), facts };
}

/**
 * Removes the unpacked memories that no other process uses; this one does not any more. They are made again in less than
 * a second, and take three times the space of the packed ones.
 */
export async function dropMemories(): Promise<void> {
  const directory = cacheDirectory();
  opened.clear();
  const cache = await cacheAt(directory);
  const all = (await cache.usage()).filter(({ kind }) => kind === MEMORY_KIND);
  cache.release(all.map(({ path }) => path));
  await cache.remove(all);
}
