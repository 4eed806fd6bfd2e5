import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  PlanError,
  grepFor,
  plannedRunOf,
  plannedTest,
  readRunPlan,
  testDirectory,
  testSlug,
  type RunPlan,
} from './run-plan.js';
import { samplePlannedKernel } from './sample-plan.js';
import { sampleTest } from './sample-suite.js';
import { ownPath } from '../setup/owned.mjs';

const plan: RunPlan = {
  schemaVersion: 2,
  out: '/out',
  seed: 7,
  workers: 2,
  userland: 'trixie',
  tier: 'quick',
  kernels: [samplePlannedKernel({ environment: { anything: [1] } })],
  runs: [
    {
      project: 'run',
      kernel: '6.12.107',
      daemon: 'reference',
      mutant: null,
      directory: '/out',
      tests: [plannedTest(sampleTest())],
    },
  ],
};

describe('a plan', () => {
  it('travels as JSON', () => {
    const directory = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-plan-')));
    try {
      const path = join(directory, 'plan.json');
      writeFileSync(path, JSON.stringify(plan));
      assert.deepEqual(readRunPlan(path), plan);
      writeFileSync(path, '{}');
      assert.throws(() => readRunPlan(path), PlanError);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('must be named', () => {
    assert.throws(
      () => readRunPlan(''),
      new PlanError('ULOGCHECK_PLAN is not set: start the suite with `ulogcheck run`'),
    );
  });

  it('gives the run of a Playwright project', () => {
    assert.equal(plannedRunOf(plan, 'run').daemon, 'reference');
    assert.throws(() => plannedRunOf(plan, 'walk'), new PlanError('the plan has no run named walk'));
  });
});

describe('the directory of a test', () => {
  it('is readable, bounded and unique', () => {
    const [run] = plan.runs;
    assert.ok(run !== undefined);
    assert.match(testDirectory(run, 'Two logs: coexist!'), /^\/out\/tests\/two-logs-coexist-[0-9a-f]{6}$/);
    const long = 'x'.repeat(200);
    assert.ok(testSlug(long).length <= 60);
    assert.notEqual(testSlug(`${long}a`), testSlug(`${long}b`));
  });
});

describe('the pattern that selects a test in Playwright', () => {
  const pattern = grepFor('run', { ...plannedTest(sampleTest()), title: 'a (b) ends + c?' });

  it('matches this test only', () => {
    assert.match('run luid/coexistence.spec.js a (b) ends + c?', pattern);
    assert.match(' run luid/coexistence.spec.js a (b) ends + c?', pattern);
    assert.doesNotMatch('mutant-x luid/coexistence.spec.js a (b) ends + c?', pattern);
    assert.match('run luid/coexistence.spec.js group a (b) ends + c? @smoke', pattern);
    assert.doesNotMatch('run luid/coexistence.spec.js a (b) ends + c? indeed', pattern);
    assert.doesNotMatch('run luid/other.spec.js a (b) ends + c?', pattern);
  });
});
