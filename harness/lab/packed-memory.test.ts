import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { packMemory, unpackMemory, type PackedFiles } from './packed-memory.js';

const MIB = 1 << 20;

interface Files extends PackedFiles {
  readonly from: string;
  readonly to: string;
}

async function packedOf(directory: string, bytes: Buffer): Promise<Files> {
  const path = (name: string): string => join(directory, `${bytes.length}.${name}`);
  const files = { from: path('from'), packed: path('packed'), index: path('index'), to: path('to') };
  await writeFile(files.from, bytes);
  await packMemory(files.from, files);
  return files;
}

test('a packed memory is small, comes back with the same bytes, and has no blocks for zeros', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const bytes = Buffer.alloc(29 * MIB);
  bytes.write('first');
  bytes.write('within a block', 2 * MIB + 4000); // ends in the next one
  bytes.fill(7, 4 * MIB - 4096, 4 * MIB + 4096); // over the border of two chunks
  for (let at = 8 * MIB; at < 9 * MIB; at += 4) bytes.writeUInt32LE(at, at);
  bytes.write('last', bytes.length - 4);
  const files = await packedOf(directory.path, bytes);
  assert.ok((await stat(files.packed)).size < MIB);
  await unpackMemory(files, files.to);
  assert.ok((await readFile(files.to)).equals(bytes));
  const { size, blocks } = await stat(files.to);
  assert.equal(size, bytes.length);
  assert.ok(blocks * 512 < 2 * MIB, `${blocks} blocks of 512 bytes`);
  await assert.rejects(unpackMemory(files, files.to), { code: 'EEXIST' });
  await assert.rejects(packMemory(files.from, files), { code: 'EEXIST' });
});

test('a memory of zeros becomes one hole, an empty one stays empty, and a part of a block is no whole one', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(5 * MIB),
    Buffer.concat([Buffer.alloc(4096), Buffer.from('end')]),
  ]) {
    const files = await packedOf(directory.path, bytes);
    await unpackMemory(files, files.to);
    assert.ok((await readFile(files.to)).equals(bytes));
    assert.ok((await stat(files.to)).blocks * 512 < MIB);
  }
});

test('one that is damaged is refused, with what to do', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const bytes = Buffer.alloc(5 * MIB, 'some bytes');
  const files = await packedOf(directory.path, bytes);
  const good = await readFile(files.packed);
  const index = await readFile(files.index, 'utf8');
  const refused = {
    name: 'InfraError',
    message: /is damaged; remove the golden nodes with `ulogcheck clean --all`/,
  };
  await writeFile(files.packed, Buffer.concat([Buffer.from('xx'), good.subarray(2)]));
  await assert.rejects(unpackMemory(files, `${files.to}1`), refused);
  await writeFile(files.packed, good);
  await writeFile(files.index, index.replace(/,1024\]/, ',1000]'));
  await assert.rejects(unpackMemory(files, `${files.to}2`), refused);
  await writeFile(files.index, 'not JSON');
  await assert.rejects(unpackMemory(files, `${files.to}3`), refused);
  await writeFile(files.index, index);
  await truncate(files.packed, good.length - 1);
  await assert.rejects(unpackMemory(files, `${files.to}4`), {
    name: 'InfraError',
    message: /shorter than it was/,
  });
});
