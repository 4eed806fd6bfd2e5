import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLAN_VARIABLE, type RunPlan } from '../harness/plan/run-plan.js';
import { samplePlannedKernel } from '../harness/plan/sample-plan.js';
import { ownedTempDir, spawnOwned } from '../harness/setup/owned.mjs';

test('writes its outcomes although nobody reads what it prints', async () => {
  await using directory = await ownedTempDir('ulogcheck-reporter-');
  const plan: RunPlan = {
    ...{ out: directory.path, seed: 1, workers: 1, userland: 'trixie', runs: [] },
    schemaVersion: 2,
    kernels: [samplePlannedKernel()],
    tier: 'quick',
  };
  const path = join(directory.path, 'plan.json');
  await writeFile(path, JSON.stringify(plan));
  const script = `
    const { default: Reporter } = await import(${JSON.stringify(new URL('./playwright-reporter.js', import.meta.url).href)});
    const reporter = new Reporter();
    process.stdin.resume().once('end', async () => {
      const written = (text) => new Promise((done) => process.stdout.write(text, done));
      const errors = [await written('one'), await written('two')].map(({ code }) => code);
      await reporter.onEnd({ status: 'passed' });
      process.exitCode = errors.join() === 'EPIPE,EPIPE' ? 0 : 5;
    });`;
  await using child = spawnOwned([process.execPath, '--input-type=module', '-e', script], {
    env: { ...process.env, [PLAN_VARIABLE]: path },
  });
  child.stdout.destroy();
  child.stdin.end();
  assert.deepEqual(await child.exited, { status: 0, signal: null });
  assert.ok(existsSync(join(directory.path, 'outcomes.json')));
});
