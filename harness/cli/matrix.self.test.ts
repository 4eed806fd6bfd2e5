import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectOutcomes } from '../results/collect-outcomes.js';
import { runResultsSchema, type RunResults } from '../results/model.js';
import { testDirectory } from '../plan/run-plan.js';
import { BUILT_VARIABLE } from '../setup/build.mjs';
import { ownedTempDir, runOwned, spawnOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import { readPlanOf } from './resume.js';
import { MAIN } from './run-compiled.js';

// Several kernels on real parts: one that is none, and a run that is killed half-way.

const ENV = { ...process.env, [BUILT_VARIABLE]: '1', GITHUB_ACTIONS: '' };
const DEADLINE_MS = 300_000;

async function ulogcheck(
  ...words: readonly string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return await runOwned([process.execPath, MAIN, 'run', '--no-html', ...words], {
    ...{ allow: [0, 1, 2, 64, 69], cwd: projectRoot, env: ENV, deadlineMs: DEADLINE_MS },
  });
}

async function resultsIn(out: string): Promise<RunResults> {
  return runResultsSchema.parse(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
}

/** An installed kernel that only looks like one. */
async function brokenTree(directory: string): Promise<string> {
  const release = '6.66.6-broken';
  const root = join(directory, 'broken');
  await mkdir(join(root, 'boot'), { recursive: true });
  await mkdir(join(root, 'lib/modules', release), { recursive: true });
  await writeFile(join(root, `boot/vmlinuz-${release}`), 'this is no kernel');
  await writeFile(join(root, `boot/config-${release}`), 'CONFIG_PVH=y\n');
  return root;
}

test('a kernel that is none is told, and the other one is tested', async () => {
  await using scratch = await ownedTempDir('ulogcheck-test-');
  const out = join(scratch.path, 'out');
  const broken = await brokenTree(scratch.path);
  const { status, stdout } = await ulogcheck(
    '--kernel',
    broken,
    '--kernel',
    'stable',
    '-g',
    'TRN-02',
    '--out',
    out,
  );
  const { kernels, requirements } = await resultsIn(out);
  assert.deepEqual(kernels.map(({ state }) => state).sort(), ['infra', 'tested'], stdout);
  const lost = kernels.find(({ state }) => state === 'infra');
  assert.ok(lost !== undefined && lost.reason !== '');
  assert.match(stdout, /^infra {2}kernel /m);
  assert.deepEqual(requirements.map(({ kernel, verdict }) => [kernel === lost.label, verdict]).sort(), [
    [false, 'pass'],
    [true, 'infra'],
  ]);
  assert.equal(status, 69);
});

test('a run that was killed goes on with what is missing, and runs no test twice', async () => {
  await using scratch = await ownedTempDir('ulogcheck-test-');
  const out = join(scratch.path, 'out');
  const tests = ['-g', 'TRN-02', '-g', 'CTR-01', '-g', 'STAT-01', '-g', 'CTR-20'];
  {
    const words = ['run', '--no-html', '--kernel', 'stable', ...tests, '--workers', '1', '--out', out];
    await using child = spawnOwned([process.execPath, MAIN, ...words], { cwd: projectRoot, env: ENV });
    let said = '';
    const second = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (/^test +2\//m.test(said)) resolve();
      });
    });
    child.stderr.resume();
    await Promise.race([second, child.exited]);
    child.kill('SIGKILL');
    await child.exited;
    assert.match(said, /^test +2\//m);
  }
  const plan = readPlanOf(out, 'test');
  const before = await collectOutcomes(plan);
  const planned = plan.runs.reduce((sum, run) => sum + run.tests.length, 0);
  assert.ok(before.length >= 2 && before.length < planned, `${before.length} of ${planned}`);
  const times = async (): Promise<Map<string, number>> =>
    new Map(
      await Promise.all(
        before.map(async ({ outcome: { directory } }) => {
          const { mtimeMs } = await stat(join(directory, 'outcome.json'));
          return [directory, mtimeMs] as const;
        }),
      ),
    );
  const left = await times();
  const { status, stdout } = await ulogcheck('--resume', out);
  assert.equal(status, 0, stdout);
  assert.deepEqual(await times(), left);
  assert.match(stdout, new RegExp(`^run {4}${planned - before.length} tests`, 'm'));
  const after = await collectOutcomes(readPlanOf(out, 'test'));
  assert.equal(after.length, planned);
  const results = await resultsIn(out);
  assert.equal(results.run.resumed, 1);
  assert.ok(results.requirements.every(({ verdict }) => verdict === 'pass'));
  for (const run of plan.runs) {
    for (const { title } of run.tests) {
      assert.ok((await readdir(testDirectory(run, title))).includes('timeline.txt'));
    }
  }
});
