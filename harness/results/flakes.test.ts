import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upperBound } from './flakes.js';

test('without a failure the bound is the known closed form, near 3 / runs', () => {
  for (const runs of [1, 10, 50, 650]) {
    assert.ok(Math.abs(upperBound(0, runs) - (1 - 0.05 ** (1 / runs))) < 1e-6);
  }
});

test('failures raise it; runs that all failed, and none at all, leave everything possible', () => {
  assert.ok(Math.abs(upperBound(1, 50) - 0.0914) < 5e-4);
  assert.ok(upperBound(2, 50) > upperBound(1, 50));
  assert.equal(upperBound(3, 3), 1);
  assert.equal(upperBound(0, 0), 1);
});
