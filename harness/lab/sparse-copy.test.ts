import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { copySparsely } from './sparse-copy.js';

const MIB = 1 << 20;

test('a sparse copy has the same bytes, and no blocks for zeros', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const bytes = Buffer.alloc(9 * MIB);
  bytes.write('first');
  bytes.write('within a block', 2 * MIB + 4000); // ends in the next one
  bytes.fill(7, 4 * MIB - 4096, 4 * MIB + 4096); // over the border of two chunks
  bytes.write('last', bytes.length - 4);
  const [from, to] = [join(directory.path, 'from'), join(directory.path, 'to')];
  await writeFile(from, bytes);
  await copySparsely(from, to);
  assert.ok((await readFile(to)).equals(bytes));
  const { size, blocks } = await stat(to);
  assert.equal(size, bytes.length);
  assert.ok(blocks * 512 < MIB, `${blocks} blocks of 512 bytes`);
  await assert.rejects(copySparsely(from, to), { code: 'EEXIST' });
});

test('a file of zeros becomes one hole, and an empty one stays empty', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  for (const size of [0, 5 * MIB]) {
    const [from, to] = [join(directory.path, `from${size}`), join(directory.path, `to${size}`)];
    await writeFile(from, Buffer.alloc(size));
    await copySparsely(from, to);
    assert.equal((await stat(to)).size, size);
    assert.ok((await stat(to)).blocks * 512 < MIB);
  }
});
