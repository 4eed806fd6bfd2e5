import assert from 'node:assert/strict';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ownedTempDir } from '../../harness/setup/owned.mjs';
import { ImageError } from '../root-image.js';
import { findWayIn, fixUpBuildRoot } from './build-root.js';

describe('a build root', () => {
  it('has the links that alternatives would have made, where packages brought none', async () => {
    await using directory = await ownedTempDir('ulogcheck-build-root-');
    const root = directory.path;
    await mkdir(join(root, 'bin'), { recursive: true });
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await writeFile(join(root, 'bin/sh'), 'a shell of its own');
    for (const name of ['automake-1.16', 'aclocal-1.16']) await writeFile(join(root, 'usr/bin', name), '');
    await fixUpBuildRoot(root);
    assert.equal(await readFile(join(root, 'usr/bin/sh'), 'utf8'), 'a shell of its own');
    assert.equal(await readlink(join(root, 'usr/bin/awk')), 'gawk');
    assert.equal(await readlink(join(root, 'usr/bin/automake')), 'automake-1.16');
    assert.equal(await readlink(join(root, 'usr/bin/aclocal')), 'aclocal-1.16');
  });

  it('is entered by the first way that works', async () => {
    const ways = [
      { name: 'no such program', argv: ['/nonexistent/program'] },
      { name: 'refused', argv: ['/bin/false'] },
      { name: 'works', argv: ['/bin/true'] },
      { name: 'not tried', argv: ['/bin/true'] },
    ];
    assert.equal((await findWayIn('/', 'it', ways)).name, 'works');
  });

  it('that cannot be entered: the error tells what is missing, that only this needs it, and what was tried', async () => {
    const ways = [
      { name: 'one', argv: ['/bin/sh', '-c', 'echo not permitted >&2; exit 1'] },
      { name: 'two', argv: ['/nonexistent/program'] },
    ];
    await assert.rejects(findWayIn('/', 'an LVM', ways), (error: unknown) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /^cannot build an LVM: .*user namespaces/);
      assert.match(
        error.message,
        /Nothing else of ulogcheck needs this\.\none: +not permitted\ntwo: cannot run/,
      );
      return true;
    });
  });
});
