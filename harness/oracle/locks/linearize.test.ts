import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { linearize, type SearchOptions } from './linearize.js';
import type { Operation } from './operations.js';
import { isLinearizable } from './testing/brute-force.js';
import { call, changedHistories, PLAIN, rightHistories } from './testing/generate.js';
import type { Answer, Call, Op } from './vocabulary.js';

/** One millisecond of a lease is one tick. */
const TICKS: SearchOptions = { profile: PLAIN, ticksPerMs: 1 };

/** `A trylock 0-3 GOOD`; `?` for a lost answer. */
function calls(...lines: readonly (readonly [string, Partial<Call>?])[]): Operation[] {
  return lines.map(([line, more], event) => {
    const [host = '', op = '', span = '', answer = ''] = line.split(' ');
    const [start = 0, end = 0] = span.split('-').map(Number);
    const lost = answer === '?';
    const asked = { kind: 'op', call: call(op as Op, host, more) } as const;
    return {
      event,
      host,
      asked,
      start,
      end: lost ? Infinity : end,
      answer: lost ? undefined : (answer as Answer),
    };
  });
}

const verdictOn = (operations: readonly Operation[], options: Partial<SearchOptions> = {}) =>
  linearize(operations, { ...TICKS, ...options }).verdict;

void describe('linearizability of locks', () => {
  const RIGHT: readonly (readonly [string, Operation[]])[] = [
    ['nothing at all', []],
    [
      'one after the other',
      calls(['A trylock 0-1 GOOD'], ['B trylock 2-3 RC'], ['A unlock 4-5 GOOD'], ['B trylock 6-7 GOOD']),
    ],
    ['at the same time, one of them first', calls(['A trylock 0-5 RC'], ['B trylock 1-6 GOOD'])],
    [
      'a release that takes effect before it is answered',
      calls(['A trylock 0-1 GOOD'], ['A unlock 2-9 GOOD'], ['B trylock 3-4 GOOD']),
    ],
    [
      'a lost release that came to pass',
      calls(['A trylock 0-1 GOOD'], ['A unlock 2-9 ?'], ['B trylock 30-31 GOOD']),
    ],
    [
      'a lost release that did not',
      calls(['A trylock 0-1 GOOD'], ['A unlock 2-9 ?'], ['B trylock 30-31 RC']),
    ],
    [
      'a break when the lease may just be over',
      calls(['A trylock 0-5 GOOD', { countdown: 3n }], ['B break 4-4 GOOD']),
    ],
    [
      'a break when it may just be running',
      calls(['A trylock 0-5 GOOD', { countdown: 3n }], ['B break 6-6 RC']),
    ],
  ];
  for (const [title, operations] of RIGHT)
    void it(`explains: ${title}`, () => {
      assert.equal(verdictOn(operations), 'linearizable');
    });

  const WRONG: readonly (readonly [string, string, Operation[]])[] = [
    ['two exclusive holders', 'IDM-24', calls(['A trylock 0-1 GOOD'], ['B trylock 2-3 GOOD'])],
    [
      'two exclusive holders at the same time',
      'IDM-24',
      calls(['A trylock 0-3 GOOD'], ['B trylock 1-4 GOOD']),
    ],
    ['a refusal although nobody held it', 'IDM-19', calls(['A trylock 0-1 RC'])],
    [
      'a break that came too early for any lease',
      'IDM-53',
      calls(['A trylock 0-5 GOOD', { countdown: 9n }], ['B break 6-7 GOOD']),
    ],
    [
      'a refused break that came too late',
      'IDM-49',
      calls(['A trylock 0-5 GOOD', { countdown: 3n }], ['B break 9-9 RC']),
    ],
    [
      'a lock that outlives its break',
      'IDM-51',
      calls(['A trylock 0-0 GOOD', { countdown: 1n }], ['B break 5-5 GOOD'], ['A refresh 6-7 GOOD']),
    ],
    [
      'two refusals that need the lease over and running',
      'IDM-49',
      calls(
        ['A trylock 0-9 GOOD', { countdown: 5n }],
        ['B break 11-11 GOOD'],
        ['B unlock 12-12 GOOD'],
        ['A trylock 13-13 RC'],
      ),
    ],
  ];
  for (const [title, rule, operations] of WRONG)
    void it(`refutes: ${title}`, () => {
      const result = linearize(operations, TICKS);
      assert.equal(result.verdict, 'not-linearizable');
      assert.equal(isLinearizable(operations, PLAIN), false);
      if (rule !== 'IDM-49' || operations.length < 3) assert.equal(result.rule, rule);
    });

  void it('leases are only as exact as they are said to be', () => {
    const early = calls(['A trylock 0-0 GOOD', { countdown: 9n }], ['B break 9-9 GOOD']);
    assert.equal(verdictOn(early), 'not-linearizable');
    assert.equal(verdictOn(early, { leaseSlack: 1 }), 'linearizable');
    const order = calls(['A trylock 0-2 GOOD'], ['B trylock 3-4 GOOD'], ['A unlock 5-6 GOOD']);
    assert.equal(verdictOn(order), 'not-linearizable');
    assert.equal(verdictOn(order, { clockSlack: 1 }), 'linearizable');
  });

  void it('gives up with unknown, never with a pass', () => {
    const many = calls(
      ...Array.from({ length: 12 }, (_, n): [string] => [`${'ABC'[n % 3] ?? ''} trylock 0-99 RC`]),
    );
    assert.equal(verdictOn(many, { most: 5 }), 'unknown');
  });

  void it('remembers what it tried: many lost calls do not make it slow', () => {
    const lost = Array.from({ length: 14 }, (_, n): [string] => [
      `${'ABCDEFG'[n % 7] ?? ''} ${n % 2 === 0 ? 'trylock' : 'unlock'} 0-9 ?`,
    ]);
    const result = linearize(calls(...lost, ['X trylock 50-51 GOOD'], ['Y trylock 60-61 GOOD']), TICKS);
    assert.equal(result.verdict, 'not-linearizable');
    assert.ok(result.steps < 200_000, String(result.steps));
  });

  void it('every history of a drive that is right is explained', () => {
    fc.assert(
      fc.property(rightHistories(12, 30), (history) => {
        assert.equal(verdictOn(history), 'linearizable');
      }),
      { numRuns: 1_000 },
    );
  });

  void it('agrees with trying everything, on right and on changed histories', () => {
    let refuted = 0;
    fc.assert(
      fc.property(fc.oneof(rightHistories(5), changedHistories(5)), (history) => {
        const truth = isLinearizable(history, PLAIN);
        assert.equal(verdictOn(history), truth ? 'linearizable' : 'not-linearizable');
        if (!truth) refuted += 1;
      }),
      { numRuns: 2_000 },
    );
    assert.ok(refuted > 200, `${refuted} histories were wrong`);
  });
});
