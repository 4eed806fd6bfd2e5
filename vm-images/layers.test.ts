import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ownedTempDir } from '../harness/setup/owned.mjs';
import { sha256 } from './file-hash.js';
import { layTree } from './layers.js';

describe('the tree of a layer', () => {
  it('holds the files under their new names, with their modes', async () => {
    await using directory = await ownedTempDir('ulogcheck-layers-');
    const from = join(directory.path, 'daemon');
    const root = join(directory.path, 'root');
    await writeFile(from, 'one');
    await mkdir(root);
    await layTree('x', [{ from, to: 'opt/d', mode: 0o755 }], [await sha256(from)], sha256, root);
    assert.equal(await readFile(join(root, 'opt/d'), 'utf8'), 'one');
    assert.equal((await stat(join(root, 'opt/d'))).mode & 0o777, 0o755);
  });

  it('is refused when a file changed after it was hashed', async () => {
    await using directory = await ownedTempDir('ulogcheck-layers-');
    const from = join(directory.path, 'daemon');
    await writeFile(from, 'one');
    const hash = await sha256(from);
    await writeFile(from, 'two');
    await assert.rejects(layTree('x', [{ from, to: 'd', mode: 0o644 }], [hash], sha256, directory.path), {
      name: 'ImageError',
      message: `layer x: ${from} changed while it was copied; try again when nothing writes to it`,
    });
  });
});
