import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../setup/root.mjs';
import { ownedTempDir, runOwned } from '../setup/owned.mjs';

// The whole way on real parts: a kernel, a daemon, a recording and a verdict, through the command line.

interface Results {
  readonly schemaVersion: number;
  readonly requirements: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly tests: readonly { readonly directory: string }[];
    readonly evidence: readonly { readonly path: string }[];
  }[];
  readonly programs: readonly {
    readonly test: string;
    readonly verdict: string;
    readonly directory: string;
    readonly results: readonly { readonly path: readonly string[]; readonly verdict: string }[];
  }[];
}

async function run(...words: readonly string[]): Promise<{
  status: number;
  lastLine: string;
  stdout: string;
  stderr: string;
  results: Results | undefined;
}> {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const out = join(directory.path, 'out');
  const root = projectRoot;
  const cli = join(root, 'dist/harness/cli/main.js');
  const { status, stdout, stderr } = await runOwned(
    [process.execPath, cli, 'run', '--out', out, '--workers', '2', ...words],
    { allow: [0, 1, 2, 64, 69], cwd: root, deadlineMs: 300_000 },
  );
  const text = await readFile(join(out, 'results.json'), 'utf8').catch(() => undefined);
  const results = text === undefined ? undefined : (JSON.parse(text) as Results);
  for (const requirement of results?.requirements ?? []) {
    // Evidence must be there when somebody follows the path.
    for (const { path } of requirement.evidence) await readFile(join(out, path));
  }
  return { status, lastLine: stdout.trim().split('\n').at(-1) ?? '', stdout, stderr, results };
}

function verdicts(results: Results | undefined, ...ids: readonly string[]): string[] {
  return ids.map(
    (id) => results?.requirements.find((candidate) => candidate.id === id)?.verdict ?? 'missing',
  );
}

test("an outsider's daemon that keys its logs on the UUID alone fails for that, and passes the rest", async () => {
  const profile = 'daemon-under-test/outsider/outsider.profile.yaml';
  const { status, lastLine, results } = await run('--daemon', profile, '-g', 'LUID-02', '-g', 'STAT-01');
  assert.equal(results?.schemaVersion, 2);
  assert.deepEqual(verdicts(results, 'LUID-02', 'STAT-01'), ['fail', 'pass']);
  assert.equal(lastLine, '1 passed, 1 failed, 0 skipped');
  assert.equal(status, 1);
});

test("a vendor's self tests run beside the daemon, and a nested failure of theirs is in the report", async () => {
  await using vendor = await ownedTempDir('ulogcheck-vendor-');
  await cp(join(projectRoot, 'daemon-under-test/outsider'), vendor.path, { recursive: true });
  const profile = join(vendor.path, 'outsider.profile.yaml');
  const script = 'echo 1..1; echo "  1..1"; echo "  # got 2"; echo "  not ok 1 - inner"; echo "ok 1 - outer"';
  const second = `  - name: hiding\n    command: [sh, -c, '${script}']\n    format: ktap\n    deadline: 30\n`;
  const text = await readFile(profile, 'utf8');
  await writeFile(profile, text.replace('selfTests:\n', `selfTests:\n${second}`));
  const { status, lastLine, stdout, results } = await run('--daemon', profile, '-g', 'self test*');
  const [hiding, life, ...more] = (results?.programs ?? []).toSorted((a, b) => a.test.localeCompare(b.test));
  assert.deepEqual(more, []);
  assert.equal(life?.test, 'self test life of outsider');
  assert.deepEqual([life.verdict, life.results.length], ['pass', 5]);
  assert.deepEqual(
    hiding?.results.map(({ path, verdict }) => [path.join(' > '), verdict]),
    [
      ['outer > inner', 'fail'],
      ['outer', 'fail'],
    ],
  );
  assert.match(stdout, /fail outer > inner\n *\| *# got 2\n/);
  assert.match(stdout, /^ +again .* -g 'self test hiding of outsider' --seed \d+$/m);
  assert.equal(lastLine, '5 passed, 2 failed, 0 skipped');
  assert.equal(status, 1);
});

test('the reference daemon and the kernel pass the same kind of tests', async () => {
  const { status, lastLine, results } = await run('-g', 'LUID-05', '-g', 'CTR-20');
  assert.deepEqual(verdicts(results, 'LUID-05', 'CTR-20'), ['pass', 'pass']);
  assert.equal(lastLine, '2 passed, 0 failed, 0 skipped');
  assert.equal(status, 0);
});

test('without a usable QEMU nothing is judged and the status says that the host is at fault', async () => {
  const { status, stderr } = await run('-g', 'LUID-05', '--qemu', '/bin/false');
  assert.equal(status, 69);
  assert.equal(
    stderr.trim(),
    'ulogcheck: /bin/false does not start, or is no QEMU: QEMU 10 or newer is needed',
  );
});
