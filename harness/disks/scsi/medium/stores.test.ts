import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ownedTempDir } from '../../../setup/owned.mjs';
import { FileStore } from './file-store.js';
import { MemoryStore } from './memory-store.js';
import type { BlockStore } from './store.js';

const BLOCKS = 600;

const step = fc.oneof(
  fc.record({
    does: fc.constant('write' as const),
    lba: fc.nat(BLOCKS - 1),
    count: fc.integer({ min: 1, max: 300 }),
    value: fc.nat(255),
  }),
  fc.record({
    does: fc.constant('discard' as const),
    lba: fc.nat(BLOCKS - 1),
    count: fc.integer({ min: 1, max: 300 }),
    value: fc.constant(0),
  }),
  fc.record({
    does: fc.constant('resize' as const),
    lba: fc.constant(0),
    count: fc.integer({ min: 1, max: BLOCKS }),
    value: fc.constant(0),
  }),
);

/** Plays the steps on a store and on plain bytes, and reads all of both. */
function agrees(
  store: BlockStore,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
): void {
  const { blockSize } = store;
  let model = Buffer.alloc(store.blocks * blockSize);
  for (const { does, lba, count, value } of steps) {
    const fits = Math.min(count, store.blocks - lba);
    if (does === 'resize') {
      store.resize(count);
      model = Buffer.concat([model.subarray(0, count * blockSize)], count * blockSize);
    } else if (fits > 0) {
      const data = Buffer.alloc(fits * blockSize, value);
      if (does === 'write') store.write(lba, data);
      else store.discard(lba, fits);
      data.copy(model, lba * blockSize);
    }
    assert.equal(store.blocks * blockSize, model.length);
    const all = Buffer.alloc(model.length, 0xaa);
    store.read(0, all);
    assert.ok(all.equals(model));
  }
}

describe('stores', () => {
  it('in memory and in a file, are plain bytes', async () => {
    await using directory = await ownedTempDir('ulogcheck-disk-');
    let files = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(512, 4096),
        fc.array(step, { maxLength: 12, size: 'max' }),
        (blockSize, steps) => {
          agrees(new MemoryStore(BLOCKS, blockSize), steps);
          const path = join(directory.path, `disk${files++}`);
          using store = FileStore.open(path, BLOCKS, blockSize).store;
          agrees(store, steps);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('take no room for what was never written', async () => {
    await using directory = await ownedTempDir('ulogcheck-disk-');
    const path = join(directory.path, 'disk');
    using store = FileStore.open(path, 2 ** 31, 512).store;
    const memory = new MemoryStore(2 ** 31, 512);
    for (const each of [store, memory]) each.write(2 ** 31 - 1, Buffer.alloc(512, 7));
    const { size, blocks } = statSync(path);
    assert.equal(size, 2 ** 40);
    assert.ok(blocks * 512 < 1 << 20);
    assert.equal(memory.allocated, 65536);
    memory.discard(2 ** 31 - 128, 128);
    assert.equal(memory.allocated, 0);
  });

  it('a file keeps what it holds', async () => {
    await using directory = await ownedTempDir('ulogcheck-disk-');
    const path = join(directory.path, 'disk');
    {
      const { store, fresh } = FileStore.open(path, 8, 512);
      assert.ok(fresh);
      store.write(3, Buffer.alloc(512, 9));
      store[Symbol.dispose]();
      assert.throws(() => store.read(0, Buffer.alloc(512)), /closed/);
    }
    const again = FileStore.open(path, 16, 512);
    using store = again.store;
    assert.equal(again.fresh, false);
    const block = Buffer.alloc(512);
    store.read(3, block);
    assert.deepEqual(block, Buffer.alloc(512, 9));
    assert.equal(statSync(path).size, 8192);
  });
});
