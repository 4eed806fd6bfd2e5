import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cache, MEMORY_KIND, SNAPSHOT_KIND } from '../cache/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { dropMemories, openGolden } from './open-golden.js';
import { packedFilesIn, packMemory } from './packed-memory.js';

test('the memory of a golden node is unpacked once, stays while somebody uses it, and goes when nobody does', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  process.env['ULOGCHECK_CACHE'] = directory.path;
  const cache = await Cache.open();
  const bytes = Buffer.alloc(1 << 20, 'memory');
  const snapshot = await cache.entry(SNAPSHOT_KIND, 'a golden node', async (target) => {
    await writeFile(join(directory.path, 'whole'), bytes);
    await packMemory(join(directory.path, 'whole'), packedFilesIn(target));
    await writeFile(join(target, 'facts.json'), JSON.stringify({ vcpus: 1, disks: [] }));
  });
  const [golden, again] = await Promise.all([openGolden(snapshot), openGolden(snapshot)]);
  assert.equal(golden, again);
  assert.ok((await readFile(golden.ram)).equals(bytes));
  assert.deepEqual([golden.state, golden.facts.vcpus], [join(snapshot, 'state'), 1]);
  // Another cache of this process stands for another process: it was given nothing.
  const memory = (await cache.usage()).filter(({ kind }) => kind === MEMORY_KIND);
  assert.deepEqual((await cache.remove(memory)).gone, []);
  assert.ok(existsSync(golden.ram));
  await dropMemories();
  assert.ok(!existsSync(golden.ram));
  assert.ok(existsSync(snapshot), 'the packed one stays');
  assert.ok((await readFile((await openGolden(snapshot)).ram)).equals(bytes), 'and is unpacked again');
  await dropMemories();
});

test('one that cannot be unpacked is tried again', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  process.env['ULOGCHECK_CACHE'] = directory.path;
  const cache = await Cache.open();
  const snapshot = await cache.entry(SNAPSHOT_KIND, 'half', async (target) => {
    await writeFile(join(target, 'facts.json'), '{}');
  });
  await assert.rejects(openGolden(snapshot), { code: 'ENOENT' });
  await assert.rejects(openGolden(snapshot), { code: 'ENOENT' });
  assert.deepEqual(
    (await cache.usage()).map(({ kind }) => kind),
    [SNAPSHOT_KIND],
  );
});
