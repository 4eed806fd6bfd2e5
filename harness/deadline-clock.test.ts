import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { holdDeadlines, releaseDeadlines, startDeadline } from './deadline-clock.js';

/** Milliseconds by the mocked clock of the process, which performance.now() follows here. */
let now = 0;
let expired: string[] = [];

function pass(ms: number): void {
  now += ms;
  mock.timers.tick(ms);
}

describe('the clock of deadlines', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => now);
    expired = [];
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  const deadline = (name: string, ms: number): ReturnType<typeof startDeadline> =>
    startDeadline(ms, () => expired.push(name));

  test('a deadline passes after its time, once', () => {
    deadline('a', 100);
    pass(99);
    assert.deepEqual(expired, []);
    pass(1);
    assert.deepEqual(expired, ['a']);
    pass(1000);
    assert.deepEqual(expired, ['a']);
  });

  test('one that is cleared does not', () => {
    deadline('a', 100).clear();
    pass(1000);
    assert.deepEqual(expired, []);
  });

  test('the time in which the clock is held does not count', () => {
    const holder = {};
    deadline('a', 100);
    pass(60);
    holdDeadlines(holder);
    pass(100_000);
    assert.deepEqual(expired, []);
    releaseDeadlines(holder);
    pass(39);
    assert.deepEqual(expired, []);
    pass(1);
    assert.deepEqual(expired, ['a']);
  });

  test('a deadline that begins while the clock is held begins when it goes on', () => {
    const holder = {};
    holdDeadlines(holder);
    deadline('a', 100);
    const cleared = deadline('b', 50);
    pass(1000);
    cleared.clear();
    releaseDeadlines(holder);
    pass(99);
    assert.deepEqual(expired, []);
    pass(1);
    assert.deepEqual(expired, ['a']);
  });

  test('of two holders both must let go; holding twice is holding once', () => {
    const [one, other] = [{}, {}];
    deadline('a', 100);
    holdDeadlines(one);
    holdDeadlines(one);
    holdDeadlines(other);
    releaseDeadlines(one);
    pass(1000);
    assert.deepEqual(expired, []);
    releaseDeadlines({});
    pass(1000);
    assert.deepEqual(expired, []);
    releaseDeadlines(other);
    pass(100);
    assert.deepEqual(expired, ['a']);
  });
});
