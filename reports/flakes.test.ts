import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlakeRun } from '../harness/results/flakes.js';
import { renderFlakes } from './flakes.js';
import { styleOf } from './style.js';

function run(loaded: boolean, seconds: number, verdict: 'pass' | 'unknown'): FlakeRun {
  return {
    loaded,
    seconds,
    status: verdict === 'pass' ? 0 : 2,
    verdicts: new Map([
      ['steady', { verdict: 'pass', reason: '' }],
      ['wavering', { verdict, reason: 'it took long' }],
    ]),
  };
}

test('names each test that wavered, and bounds what was not seen', () => {
  const text = renderFlakes(
    [run(false, 10, 'pass'), run(true, 20, 'unknown'), run(false, 12, 'pass')],
    styleOf({}, {}),
  );
  assert.match(text, /1 of 3 wavering \(unknown; at most 86%\)/);
  assert.match(text, /alone: 2 runs, 10.0 to 12.0 s/);
  assert.match(text, /tests: 1 of 6 did not pass; 95% upper bound 58% per test/);
  assert.match(text, /runs: 1 of 3 were not all green/);
  assert.doesNotMatch(text, /steady/);
});
