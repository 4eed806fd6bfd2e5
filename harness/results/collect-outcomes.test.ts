import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { plannedTest, planAt, remainingTests, testDirectory, type RunPlan } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { sampleTest } from '../plan/sample-suite.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { collectOutcomes, withoutDone } from './collect-outcomes.js';
import { sampleJudgement, sampleOutcome } from './sample-history.js';

test('what tests left is found where the run lies now; what is half-written or of another run is not', async () => {
  await using scratch = await ownedTempDir('ulogcheck-outcomes-');
  const before = join(scratch.path, 'before');
  const titles = ['whole', 'half', 'of another seed', 'of another kernel', 'nothing'];
  const plan: RunPlan = {
    ...{ schemaVersion: 2, out: before, seed: 1, workers: 1, userland: 'trixie', tier: 'quick' },
    kernels: [samplePlannedKernel()],
    runs: [
      {
        ...{ project: 'run', kernel: '6.12.107', daemon: 'reference', mutant: null },
        directory: join(before, '6.12.107'),
        tests: titles.map((title) => plannedTest(sampleTest({ title }))),
      },
    ],
  };
  const [run] = plan.runs;
  assert.ok(run !== undefined);
  const leave = async (title: string, text: string): Promise<void> => {
    await mkdir(testDirectory(run, title), { recursive: true });
    await writeFile(join(testDirectory(run, title), 'outcome.json'), text);
  };
  const outcome = (title: string, given = {}): string =>
    JSON.stringify(sampleOutcome([sampleJudgement('fail')], { test: title, ...given }));
  await leave('whole', outcome('whole'));
  await leave('half', outcome('half').slice(0, 90));
  await leave('of another seed', outcome('of another seed', { seed: 2 }));
  await leave('of another kernel', outcome('of another kernel', { kernel: '6.1' }));
  const now = join(scratch.path, 'now');
  await rename(before, now);
  const moved = planAt(plan, now);
  const found = await collectOutcomes(moved);
  assert.deepEqual(
    found.map(({ project, outcome: { test: title, directory } }) => [project, title, directory]),
    [['run', 'whole', testDirectory({ ...run, directory: join(now, '6.12.107') }, 'whole')]],
  );
  const [rest] = withoutDone(moved, found).runs;
  assert.ok(rest !== undefined);
  assert.deepEqual(
    remainingTests(moved, rest).map(({ title }) => title),
    titles.slice(1),
  );
  // Nothing can be run on a kernel that is not there.
  const lost = { ...moved, kernels: [samplePlannedKernel({ state: 'infra', reason: 'it does not boot' })] };
  assert.deepEqual(remainingTests(lost, rest), []);
});
