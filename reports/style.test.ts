import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { duration, labelled, paint, ranges, styleOf, wrap } from './style.js';

describe('style', () => {
  it('is coloured on a terminal only, and not with NO_COLOR or on a dumb one', () => {
    const coloured = (isTTY: boolean, env: NodeJS.ProcessEnv): boolean =>
      paint('fail', 'x', styleOf({ isTTY, columns: 100 }, env)) !== 'x';
    assert.equal(coloured(true, {}), true);
    assert.equal(coloured(false, {}), false);
    assert.equal(coloured(true, { NO_COLOR: '1' }), false);
    assert.equal(coloured(true, { TERM: 'dumb' }), false);
  });

  it('fills the terminal within limits', () => {
    const width = (isTTY: boolean, columns?: number): number => styleOf({ isTTY, columns }, {}).width;
    assert.deepEqual(
      [width(true, 100), width(true, 20), width(true, 500), width(false, 20)],
      [100, 80, 140, 110],
    );
  });
});

describe('texts', () => {
  it('durations', () => {
    assert.deepEqual([12.4, 999, 4120, 59_949, 59_951, 125_000].map(duration), [
      '12 ms',
      '999 ms',
      '4.1 s',
      '59.9 s',
      '1 min 0 s',
      '2 min 5 s',
    ]);
  });

  it('wrapped lines', () => {
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrap('a\nb', 7), ['a', 'b']);
    assert.deepEqual(wrap('', 7), ['']);
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }).map((words) => words.join(' ')),
        (text) => assert.equal(wrap(text, 10).join(' '), text),
      ),
    );
  });

  it('labels', () => {
    const text = `${'word '.repeat(20)}end`;
    assert.deepEqual(labelled('seen', text, 10, styleOf({}, {})), [
      `  seen      ${'word '.repeat(18)}word`,
      `${' '.repeat(12)}word end`,
    ]);
  });

  it('ranges of numbers', () => {
    assert.equal(ranges([7, 1, 2, 3, 9, 10, 7]), '1-3, 7, 9-10');
    assert.equal(ranges([]), '');
    assert.equal(ranges([1, 3, 5], 2), '1, 3, …');
  });
});
