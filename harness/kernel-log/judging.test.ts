import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedBecause, type AllowedFinding } from './allow-list.js';
import { FINDING_KINDS, isFatal, starvability } from './kinds.js';
import { starvedBecause } from './starvation.js';

test('an allow-list entry without a title allows its kind, one with a title only what matches', () => {
  const list: AllowedFinding[] = [
    { kind: 'hung-task', title: /dm_consult_userspace$/g, because: 'the test froze the daemon' },
    { kind: 'clock', because: 'no test reads this clock' },
  ];
  const hung = { kind: 'hung-task', title: 'INFO: task hung in dm_consult_userspace', text: '' } as const;
  // A global pattern remembers where it was; that must not matter.
  for (let round = 0; round < 3; round += 1)
    assert.equal(allowedBecause(hung, [], list), 'the test froze the daemon');
  assert.equal(allowedBecause({ ...hung, title: 'INFO: task hung in ext4_sync' }, list), undefined);
  assert.equal(allowedBecause({ ...hung, kind: 'warning' }, list), undefined);
  assert.equal(
    allowedBecause({ kind: 'clock', title: 'clocksource tsc is unstable', text: '' }, list),
    'no test reads this clock',
  );
});

test('a lockup counts only if the CPU ran for half of the time; a hung task also on an idle CPU', () => {
  const ran = { wallMs: 20_000, ranMs: 10_000, deniedMs: 10_000 };
  const starved = { wallMs: 20_000, ranMs: 9_000, deniedMs: 11_000 };
  const idle = { wallMs: 20_000, ranMs: 100, deniedMs: 50 };
  assert.equal(starvedBecause('soft-lockup', ran), undefined);
  assert.equal(
    starvedBecause('soft-lockup', starved),
    'the host let the CPU run for 45 % of the 20.0 s before it',
  );
  assert.notEqual(starvedBecause('rcu-stall', idle), undefined);
  assert.equal(starvedBecause('hung-task', idle), undefined);
  assert.equal(starvedBecause('hung-task', ran), undefined);
  assert.equal(
    starvedBecause('hung-task', starved),
    'the host kept the CPU from running for 55 % of the 20.0 s before it',
  );
});

test('what a starved guest cannot cause is never excused, and what was not measured excuses nothing', () => {
  const starved = { wallMs: 20_000, ranMs: 0, deniedMs: 20_000 };
  for (const kind of FINDING_KINDS) {
    assert.equal(starvedBecause(kind, undefined), undefined);
    assert.equal(starvedBecause(kind, starved) === undefined, starvability(kind) === 'no', kind);
  }
});

test('after a crash or a lockup nothing can be held against anybody; after a warning it can', () => {
  const fatal = FINDING_KINDS.filter(isFatal);
  assert.deepEqual(fatal, [
    'panic',
    'oops',
    'bug',
    'memory-error',
    'soft-lockup',
    'hard-lockup',
    'rcu-stall',
    'workqueue-lockup',
  ]);
});
