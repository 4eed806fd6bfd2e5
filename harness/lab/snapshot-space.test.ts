import assert from 'node:assert/strict';
import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cache } from '../cache/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { withSnapshotSpace } from './snapshot-space.js';

const ENTRY_BYTES = 1000;

/** A file system of so many bytes that holds nothing but the cache; `filled` is what others take of it. */
function disk(cache: Cache, size: number): { filled: number; freeBytes: () => Promise<number> } {
  const it = {
    filled: 0,
    freeBytes: async () => {
      const used = (await cache.usage()).reduce((sum, { bytes }) => sum + bytes, 0);
      return size - used - it.filled;
    },
  };
  return it;
}

/** A snapshot called so; the lower its age, the longer ago it was used. */
async function snapshot(directory: string, name: string, age: number): Promise<void> {
  const path = await (await Cache.open({ directory })).entry('snapshot', name, fill);
  await utimes(path, age, age);
}

const fill = async (directory: string): Promise<void> => {
  await writeFile(join(directory, 'ram'), Buffer.alloc(ENTRY_BYTES, 1));
};

async function names(cache: Cache): Promise<string[]> {
  return (await cache.usage()).map(({ inputs }) => (typeof inputs === 'string' ? inputs : '')).sort();
}

async function sample(): Promise<AsyncDisposable & { readonly path: string; readonly cache: Cache }> {
  const directory = await ownedTempDir('ulogcheck-test-');
  for (const [age, name] of ['oldest', 'older', 'old'].entries()) {
    await snapshot(directory.path, name, age + 1);
  }
  // As if the processes that made them had ended.
  await rm(join(directory.path, 'users'), { recursive: true });
  const cache = await Cache.open({ directory: directory.path });
  await cache.entry('kernel', 'kernel', fill);
  return { path: directory.path, cache, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** As golden nodes are made. */
const make =
  (cache: Cache, build = fill) =>
  async (haveSpace: () => Promise<void>): Promise<string> =>
    await cache.entry('snapshot', 'new', async (directory) => {
      await haveSpace();
      await build(directory);
    });

const SMALL = { fullBytes: 100, neededBytes: 2 * ENTRY_BYTES, allBytes: 100 * ENTRY_BYTES };

test('the snapshots longest unused go when space is short, and nothing else', async () => {
  await using directory = await sample();
  const { cache } = directory;
  const { freeBytes } = disk(cache, 5 * ENTRY_BYTES);
  await withSnapshotSpace(cache, make(cache), { ...SMALL, freeBytes });
  assert.deepEqual(await names(cache), ['kernel', 'new', 'old', 'older']);
});

test('they go when they take too much all together', async () => {
  await using directory = await sample();
  const { cache } = directory;
  const { freeBytes } = disk(cache, 100 * ENTRY_BYTES);
  await withSnapshotSpace(cache, make(cache), { ...SMALL, allBytes: 2 * ENTRY_BYTES, freeBytes });
  assert.deepEqual(await names(cache), ['kernel', 'new', 'old', 'older']);
});

test('what this run was given stays, until it is released; without space the error names the way out', async () => {
  await using directory = await sample();
  const { cache } = directory;
  const { freeBytes } = disk(cache, 3 * ENTRY_BYTES);
  const given = [];
  for (const name of ['oldest', 'older', 'old']) {
    given.push(await cache.entry('snapshot', name, () => assert.fail('it is there')));
  }
  await assert.rejects(withSnapshotSpace(cache, make(cache), { ...SMALL, freeBytes }), {
    name: 'CacheError',
    message: /no space for a golden node: .* has -1 MiB free, .* Free some space .*, or set ULOGCHECK_CACHE/,
  });
  assert.deepEqual(await names(cache), ['kernel', 'old', 'older', 'oldest']);
  cache.release(given);
  await assert.rejects(withSnapshotSpace(cache, make(cache), { ...SMALL, neededBytes: 1e9, freeBytes }));
  assert.deepEqual(await names(cache), ['kernel']);
});

test('a disk that became full while a snapshot was made: older ones go, and it is tried again, once', async () => {
  await using directory = await sample();
  const { cache } = directory;
  const others = disk(cache, 8 * ENTRY_BYTES);
  const space = { ...SMALL, freeBytes: others.freeBytes };
  let tries = 0;
  const unlucky = async (target: string): Promise<void> => {
    tries += 1;
    if (tries === 1) {
      others.filled = 4 * ENTRY_BYTES;
      // As a QEMU that died of SIGBUS.
      throw new Error('QEMU ended with SIGBUS');
    }
    await fill(target);
  };
  await withSnapshotSpace(cache, make(cache, unlucky), space);
  assert.equal(tries, 2);
  assert.deepEqual(await names(cache), ['kernel', 'new', 'old']);
});

test('another failure is not taken for a full disk', async () => {
  await using directory = await sample();
  const { cache } = directory;
  const { freeBytes } = disk(cache, 100 * ENTRY_BYTES);
  const failing = (): Promise<void> => Promise.reject(new Error('no boot'));
  await assert.rejects(withSnapshotSpace(cache, make(cache, failing), { ...SMALL, freeBytes }), /no boot/);
  assert.deepEqual(await names(cache), ['kernel', 'old', 'older', 'oldest']);
});

test('what another one removed between a look and the removal is no trouble', async () => {
  await using files = await sample();
  let other: Promise<unknown> | undefined;
  await files.cache.evictKind('snapshot', async () => {
    other ??= files.cache.evictKind('snapshot', () => Promise.resolve(false));
    await other;
    return false;
  });
  assert.deepEqual(await names(files.cache), ['kernel']);
  assert.deepEqual(await readdir(join(files.path, 'tmp')), []);
});
