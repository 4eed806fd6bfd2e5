import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { Cache } from '../harness/cache/index.js';
import { resolveKernel } from '../harness/kernels/index.js';
import { ownedTempDir } from '../harness/setup/owned.mjs';
import { initramfs, nodeLayer, rootImage } from './index.js';

const slow = process.env['ULOGCHECK_SLOW_TESTS'] === undefined;

it(
  'builds the same bytes from the same packages',
  { skip: slow && 'set ULOGCHECK_SLOW_TESTS=1 (fetches 150 MB)' },
  async () => {
    await using directory = await ownedTempDir('ulogcheck-reproducible-');
    const cache = await Cache.open({ directory: directory.path });
    const hashes = async (): Promise<string[]> => {
      const kernel = await resolveKernel(cache, 'stable');
      const root = await rootImage({ cache, userland: 'trixie' });
      const paths = [root, await nodeLayer(cache), await initramfs(cache, kernel)];
      const files = await Promise.all(paths.map((path) => readFile(path)));
      return files.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    };
    const first = await hashes();
    for (const kind of ['root-image', 'layer', 'initramfs']) {
      await rm(join(directory.path, 'entries', kind), { recursive: true });
    }
    assert.deepEqual(await hashes(), first);
  },
);
