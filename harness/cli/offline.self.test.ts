import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir, runOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';

// What an export is for: a run in an empty cache, on a machine whose network is cut off.

/** No interface but a dead loopback, where that may be had; else at least no mirror. */
const CUT_OFF = process.getuid?.() === 0 ? ['unshare', '--net'] : [];

async function ulogcheck(cache: string | undefined, argv: readonly string[]): Promise<string> {
  const away =
    cache === undefined ? {} : { ULOGCHECK_CACHE: cache, ULOGCHECK_MIRROR: 'http://127.0.0.1:9/debian' };
  const { stdout } = await runOwned(
    [
      ...(cache === undefined ? [] : CUT_OFF),
      process.execPath,
      join(projectRoot, 'dist/harness/cli/main.js'),
      ...argv,
    ],
    { cwd: projectRoot, env: { ...process.env, ...away }, deadlineMs: 600_000 },
  );
  return stdout;
}

test('a run passes on a machine that has an imported archive and no network', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const archive = join(directory.path, 'archive.tgz');
  const cache = join(directory.path, 'cache');
  await ulogcheck(undefined, ['cache', 'export', archive]);
  // What was measured on this machine, and other kernels, stay here.
  assert.ok((await stat(archive)).size < 400e6);
  assert.match(await ulogcheck(cache, ['cache', 'import', archive]), /^imported: \d+ entries into /m);
  const kinds = (await readdir(join(cache, 'entries'))).sort();
  assert.deepEqual(kinds, ['initramfs', 'kernel', 'layer', 'packages', 'root-image', 'table-rewriter']);

  const listed = await ulogcheck(cache, ['kernels', '--offline']);
  const [, release = ''] = /^(\S+) .* --kernel stable$/m.exec(listed) ?? [];
  const out = join(directory.path, 'out');
  // By its release, which is another question to the lists of packages than `stable`.
  const said = await ulogcheck(cache, [
    'run',
    '--offline',
    '--kernel',
    release,
    '-g',
    'CTR-20',
    '--out',
    out,
  ]);
  assert.match(said, /^setup {2}offline: packages of \w+ as of .* ago are used/m);
  assert.equal(said.trimEnd().split('\n').at(-1), '1 passed, 0 failed, 0 skipped');
});
