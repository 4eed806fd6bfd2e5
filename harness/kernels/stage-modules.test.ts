import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { stagedModules, type ModuleFile } from './stage-modules.js';

/** A module that needs others, as far as its `.modinfo` tells. */
async function write(root: string, path: string, depends = ''): Promise<ModuleFile> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `\0license=GPL\0depends=${depends}\0`);
  return { path, file };
}

test('what decides a kernel is every module that nodes may get: the kept ones, and what they need', async () => {
  await using root = await ownedTempDir('ulogcheck-modules-');
  const modules = [
    await write(root.path, 'kernel/drivers/md/dm-mirror.ko', 'near-by,dm_mod'),
    await write(root.path, 'kernel/drivers/md/dm-mod.ko'),
    await write(root.path, 'kernel/lib/near_by.ko', 'farther'),
    await write(root.path, 'kernel/lib/farther.ko'),
    await write(root.path, 'kernel/drivers/net/e1000.ko'),
  ];
  const paths = (await stagedModules(modules)).map(({ path }) => path);
  assert.deepEqual(paths.sort(), [
    'kernel/drivers/md/dm-mirror.ko',
    'kernel/drivers/md/dm-mod.ko',
    'kernel/lib/farther.ko',
    'kernel/lib/near_by.ko',
  ]);
  const packed = [...modules, await write(root.path, 'kernel/drivers/md/dm-log.ko.xz')];
  assert.deepEqual(await stagedModules(packed), packed);
});
