/** Real Playwright lists the tests of shards; nothing is run. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { plannedTest } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { sampleTest } from '../plan/sample-suite.js';
import { projectRoot } from '../setup/root.mjs';
import type { RunRequest } from './run-request.js';
import { shardArgument, shardOf } from './shard.js';

// Inside the package, so that the spec finds the package's Playwright.
const specs = join(projectRoot, 'dist', `self-test-shard-${process.pid}`);
const config = join(specs, 'playwright.config.js');
const titles = ['one', 'two', 'three'];

before(() => {
  mkdirSync(join(specs, 'luid'), { recursive: true });
  const tests = [...titles, 'unplanned'].map((title) => `test(${JSON.stringify(title)}, async () => {});`);
  writeFileSync(
    join(specs, 'luid', 'coexistence.spec.js'),
    `import { test } from '@playwright/test';\n${tests.join('\n')}`,
  );
  writeFileSync(
    config,
    `import { playwrightConfig } from '../harness/cli/playwright-config.js';
     import { readRunPlan } from '../harness/plan/run-plan.js';
     export default playwrightConfig(readRunPlan(), ${JSON.stringify(specs)});`,
  );
});
after(() => rmSync(specs, { recursive: true, force: true }));

const options = { kernels: ['a,b'], daemon: 'reference', userland: 'trixie', grep: [], strict: false };
const plan: RunRequest['plan'] = {
  ...{ schemaVersion: 2, out: '/out', seed: 1, workers: 1, userland: 'trixie', tier: 'quick' },
  asked: {
    suite: { name: 'ulogcheck', version: '1' },
    ...{ suiteDigest: 'd', catalogue: { requirements: 1, digest: 'c' }, started: '2026-08-01T00:00:00.000Z' },
    ...{ argv: [], options: { ...options, tier: 'quick' } },
  },
  kernels: ['a', 'b'].map((label) => samplePlannedKernel({ label, state: 'waiting' })),
  runs: ['a', 'b'].map((kernel) => ({
    ...{ project: `${kernel}/run`, kernel, daemon: 'reference', mutant: null, directory: `/out/${kernel}` },
    tests: titles.map((title) => plannedTest(sampleTest({ title }))),
  })),
};

const part = async (index: number, total: number): Promise<string[]> => {
  const { runs, kernels } = await shardOf(plan, { index, total }, config);
  assert.deepEqual(
    kernels.map(({ label }) => label),
    [...new Set(runs.map(({ kernel }) => kernel))],
    'only kernels that have a test',
  );
  return runs.flatMap(({ kernel, tests }) => tests.map(({ title }) => `${kernel} ${title}`));
};

test('shards are parts of the plan in its order, and together all of it', async () => {
  const all = ['a', 'b'].flatMap((kernel) => titles.map((title) => `${kernel} ${title}`));
  const two = await Promise.all([part(1, 2), part(2, 2)]);
  assert.deepEqual(two, [all.slice(0, 3), all.slice(3)]);
  const four = await Promise.all([1, 2, 3, 4].map((index) => part(index, 4)));
  assert.deepEqual(four.flat(), all);
});

test('a shard without a test is refused, and so is one that cannot be', async () => {
  await assert.rejects(
    part(7, 7),
    /--shard 7\/7: there is nothing for it to do, the run has 6 tests\. Use fewer shards\./,
  );
  assert.deepEqual(shardArgument('2/4'), { index: 2, total: 4 });
  for (const wrong of ['0/2', '3/2', '2', '1/0', 'a/b'])
    assert.throws(() => shardArgument(wrong), /N-th of M/);
});
