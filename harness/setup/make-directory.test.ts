import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory } from './make-directory.js';
import { ownedTempDir } from './owned.mjs';

test('makes what is missing, also twice at once, and leaves what is there', async () => {
  await using directory = await ownedTempDir('ulogcheck-make-directory-');
  const path = join(directory.path, 'a/b/c');
  await Promise.all([makeDirectory(path), makeDirectory(path)]);
  await makeDirectory(path);
  assert.ok(existsSync(path));
});

test('ends with the error of the system call where nothing can be made', async () => {
  await using directory = await ownedTempDir('ulogcheck-make-directory-');
  await writeFile(join(directory.path, 'file'), '');
  await symlink('nowhere', join(directory.path, 'link'));
  await assert.rejects(makeDirectory('/proc/none/x'), { code: 'ENOENT', syscall: 'mkdir' });
  await assert.rejects(makeDirectory(join(directory.path, 'file/x')), { code: 'ENOTDIR' });
  await assert.rejects(makeDirectory(join(directory.path, 'link')), { code: 'EEXIST' });
});
