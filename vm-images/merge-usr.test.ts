import assert from 'node:assert/strict';
import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ownedTempDir } from '../harness/setup/owned.mjs';
import { mergeUsr } from './merge-usr.js';

/** A root with these files (text) and links (`-> target`), and whatever a test does with it. */
async function withRoot(
  files: Readonly<Record<string, string>>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory.path, path)), { recursive: true });
    if (text.startsWith('-> ')) await symlink(text.slice(3), join(directory.path, path));
    else await writeFile(join(directory.path, path), text);
  }
  await use(directory.path);
}

describe('merging /usr', () => {
  it('moves what older releases keep at the top below usr, and leaves links', async () => {
    const files = {
      'bin/sh': '-> dash',
      'bin/dash': 'dash',
      'lib/x/libc.so.6': 'libc',
      'lib64/ld.so': '-> /lib/x/ld.so',
      'usr/bin/perl': 'perl',
      'usr/lib/x/libm.so': 'libm',
    };
    await withRoot(files, async (root) => {
      await mergeUsr(root);
      for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
        assert.equal(await readlink(join(root, name)), `usr/${name}`);
      }
      assert.equal(await readFile(join(root, 'bin/sh'), 'utf8'), 'dash');
      assert.equal(await readFile(join(root, 'usr/lib/x/libc.so.6'), 'utf8'), 'libc');
      assert.equal(await readFile(join(root, 'lib/x/libm.so'), 'utf8'), 'libm');
      assert.equal(await readFile(join(root, 'bin/perl'), 'utf8'), 'perl');
      assert.equal(await readlink(join(root, 'usr/lib64/ld.so')), '/lib/x/ld.so');
    });
  });

  it('leaves a root alone whose packages bring the links', async () => {
    await withRoot(
      {
        bin: '-> usr/bin',
        sbin: '-> usr/sbin',
        lib: '-> usr/lib',
        lib64: '-> usr/lib64',
        'usr/bin/sh': 'sh',
      },
      async (root) => {
        await mergeUsr(root);
        assert.equal(await readFile(join(root, 'bin/sh'), 'utf8'), 'sh');
      },
    );
  });

  it('keeps what a link meant when it led out of its directory, or back to the file that is moved', async () => {
    const files = {
      'lib/udev/rules': '-> ../../usr/share/rules',
      'usr/share/rules': 'rules',
      'sbin/tool': 'tool',
      'usr/sbin/tool': '-> /sbin/tool',
    };
    await withRoot(files, async (root) => {
      await mergeUsr(root);
      assert.equal(await readlink(join(root, 'usr/lib/udev/rules')), '/usr/share/rules');
      assert.equal(await readFile(join(root, 'usr/sbin/tool'), 'utf8'), 'tool');
    });
  });

  it('refuses two files of one name', async () => {
    await withRoot({ 'bin/tool': 'one', 'usr/bin/tool': 'two' }, async (root) => {
      await assert.rejects(mergeUsr(root), {
        message: '/bin/tool and /usr/bin/tool are both there: these packages cannot be merged',
      });
    });
  });
});
