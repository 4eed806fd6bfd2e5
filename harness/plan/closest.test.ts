import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { alternatives, didYouMean, editDistance, nearMisses } from './closest.js';

describe('edit distance', () => {
  for (const [a, b, distance] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['LUID-03', 'LUID-03', 0],
    ['LUID-30', 'LUID-03', 1],
    ['refrence', 'reference', 1],
    ['kitten', 'sitting', 3],
  ] as const) {
    it(`of "${a}" and "${b}" is ${distance}`, () => assert.equal(editDistance(a, b), distance));
  }

  it('is symmetric, and 0 only for equal words', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
      }),
    );
  });
});

describe('near misses', () => {
  it('are the nearest candidates only', () => {
    assert.deepEqual(nearMisses('LUID-33', ['LUID-03', 'LUID-13', 'SYNC-01', 'LUID-01', 'luid']), [
      'LUID-03',
      'LUID-13',
    ]);
    assert.deepEqual(nearMisses('swp', ['swap', 'flush']), ['swap']);
    assert.deepEqual(nearMisses('zzz', ['swap', 'flush']), []);
  });

  it('ignore case and take a part for a hit', () => {
    assert.deepEqual(nearMisses('luid-03', ['LUID-03']), ['LUID-03']);
    assert.deepEqual(nearMisses('disk', ['disk-log', 'flush']), ['disk-log']);
  });

  it('become a question', () => {
    assert.equal(didYouMean('quik', ['quick', 'full']), ' Did you mean quick?');
    assert.equal(didYouMean('xyz', ['quick', 'full']), '');
    assert.equal(alternatives(['a', 'b', 'c']), 'a, b or c');
    assert.equal(alternatives(['a', 'b'], 'and'), 'a and b');
    assert.equal(alternatives([]), '');
  });
});
