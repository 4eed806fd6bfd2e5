import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unifiedDiff } from './unified-diff.js';

const letters = (text: string): string[] => text.split(/(?=.)/);

describe('the difference of two texts', () => {
  it('is empty for equal ones', () => {
    assert.deepEqual(unifiedDiff([], []), []);
    assert.deepEqual(unifiedDiff(letters('abc'), letters('abc')), []);
  });

  it('shows what is gone and what is new with three lines around it', () => {
    assert.deepEqual(unifiedDiff(letters('abcdefghij'), letters('abcdeXghij')), [
      ...['@@ -3,7 +3,7 @@', ' c', ' d', ' e', '-f', '+X', ' g', ' h', ' i'],
    ]);
  });

  it('shows changes that are far apart in parts of their own', () => {
    assert.deepEqual(unifiedDiff(letters('abcdefghijklm'), letters('bcdefghijklmn')), [
      ...['@@ -1,4 +1,3 @@', '-a', ' b', ' c', ' d'],
      ...['@@ -11,3 +10,4 @@', ' k', ' l', ' m', '+n'],
    ]);
  });

  it('places a text against an empty one', () => {
    assert.deepEqual(unifiedDiff([], ['a']), ['@@ -0,0 +1 @@', '+a']);
    assert.deepEqual(unifiedDiff(['a', 'b'], []), ['@@ -1,2 +0,0 @@', '-a', '-b']);
  });
});
