import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LeaseWait } from '../../history/index.js';
import type { LeaseCall } from '../drives/mutex-site.js';
import { LeaseClock } from './lease-clock.js';

const MS = 1_000_000n;

/** A clock over a drive whose leases are `truth` times as long as they should be. */
function scene(truth = 1) {
  let now = 0n;
  const ends = new Map<string, bigint>();
  const waits: LeaseWait[] = [];
  const leases = new LeaseClock(
    { factor: 0.1, slack: 0.1 },
    {
      time: {
        now: () => now,
        pause: async (ms) => {
          now += BigInt(Math.round(ms)) * MS;
          await Promise.resolve();
        },
      },
      look: async (_drive, _resource, host) => {
        const end = ends.get(host);
        return await Promise.resolve(
          end === undefined ? undefined : { expired: now > end, begin: now, end: now },
        );
      },
      waited: (wait) => waits.push(wait),
    },
  );
  const call = (op: LeaseCall['op'], host: string, ms?: number): void => {
    const lease = ms === undefined ? undefined : { ms, told: true };
    const countdown = lease === undefined ? 0 : leases.countdown(lease);
    if (ms !== undefined) ends.set(host, now + BigInt(Math.round(countdown * truth)) * MS);
    leases.answered({ op, drive: 'D', resource: 'r', host, lease, good: true, begin: now, end: now });
  };
  const after = (ms: number): void => {
    now += BigInt(ms) * MS;
  };
  return { leases, waits, call, after, now: () => Number(now / MS) };
}

describe('leases in real time', () => {
  test('are scaled where a test says how long they are, and stay what they are where it does not', () => {
    const { leases } = scene();
    assert.equal(leases.countdown({ ms: 60_000, told: true }), 6000);
    assert.equal(leases.countdown({ ms: 60_000, told: false }), 60_000);
    assert.equal(leases.countdown({ ms: 0, told: true }), 0);
    assert.equal(leases.countdown({ ms: 3, told: true }), 1);
  });

  test('that are not over are waited for up to the slack; those that are, until the drive says so', async () => {
    const { leases, waits, call, now } = scene();
    call('trylock', 'a', 60_000);
    await leases.elapse(59_999);
    assert.equal(now(), 5400);
    await leases.elapse(2);
    assert.ok(now() > 6000 && now() < 6020, String(now()));
    const [first, second] = waits;
    assert.deepEqual([first?.leases, second?.asked], [[], 2]);
    const [ended] = second?.leases ?? [];
    assert.ok(ended?.ended !== null && ended !== undefined);
    assert.ok(ended.ended.least >= 5400 && ended.ended.most < 6020);
  });

  test('that do not end are given up when the slack is over, for the test to see', async () => {
    const { leases, waits, call, now } = scene(2);
    call('trylock', 'a', 60_000);
    await leases.elapse(60_001);
    assert.ok(now() > 6600 && now() < 6620, String(now()));
    assert.equal(waits[0]?.leases[0]?.ended, null);
  });

  test('end with a renewal, an unlock, a break or a wipe of the lock', async () => {
    const { leases, waits, call, now } = scene();
    call('trylock', 'a', 10_000);
    call('refresh', 'a', 60_000);
    call('trylock', 'b', 10_000);
    call('unlock', 'b');
    await leases.elapse(20_000);
    assert.equal(now(), 2000);
    call('break', 'c', 10_000);
    call('wipe', 'c');
    await leases.elapse(1_000_000);
    // No longer than the longest lease: there is nothing to wait for.
    assert.equal(now(), 8000);
    assert.deepEqual(
      waits.flatMap((wait) => wait.leases),
      [],
    );
  });

  test('a call that comes when a live lease is nearly over says nothing', () => {
    const { call, after } = scene();
    call('trylock', 'a', 10_000);
    after(949);
    call('read', 'b');
    after(2);
    assert.throws(() => {
      call('read', 'b');
    }, /too slow: read was answered 951 ms after a got a lease of 1000 ms.*leases\.factor/);
  });
});
