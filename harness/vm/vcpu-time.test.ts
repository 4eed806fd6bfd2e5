import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseThreadStat, type ThreadTime, VcpuTime } from './vcpu-time.js';

test('reads state and time of a thread, whatever it is called', () => {
  const rest = '1 1 1 0 -1 4194304 120 0 0 0 150 25 0 0 20 0 1 0 11';
  assert.deepEqual(parseThreadStat(`907 (CPU 0/TCG) R ${rest}`), { state: 'R', ranMs: 1750 });
  assert.deepEqual(parseThreadStat(`907 (a) S (b) T ${rest}`), { state: 'T', ranMs: 1750 });
  assert.equal(parseThreadStat(''), undefined);
});

/** Looks at a thread once a second; each entry is its state and how many ms of the second it ran. */
function watched(seconds: readonly (readonly [state: string, ranMs: number])[]): VcpuTime {
  let at = 0;
  let time: ThreadTime = { state: 'R', ranMs: 0 };
  const vcpu = new VcpuTime(
    () => time,
    () => at,
  );
  vcpu.look();
  for (const [state, ranMs] of seconds) {
    at += 1000;
    time = { state, ranMs: time.ranMs + ranMs };
    vcpu.look();
  }
  return vcpu;
}

test('a thread that sleeps is idle; one that is runnable, stopped or stuck was refused what it did not run', () => {
  assert.deepEqual(watched([['S', 10]]).share(1000), { wallMs: 1000, ranMs: 10, deniedMs: 0 });
  assert.deepEqual(watched([['R', 300]]).share(1000), { wallMs: 1000, ranMs: 300, deniedMs: 700 });
  assert.deepEqual(watched([['T', 0]]).share(1000), { wallMs: 1000, ranMs: 0, deniedMs: 1000 });
  assert.deepEqual(watched([['D', 0]]).share(1000), { wallMs: 1000, ranMs: 0, deniedMs: 1000 });
});

test('looks only at the time that is asked for, and no further back than it knows', () => {
  const vcpu = watched([
    ['R', 1000],
    ['R', 1000],
    ['T', 0],
    ['T', 0],
    ['R', 1000],
  ]);
  assert.deepEqual(vcpu.share(2000, 4000), { wallMs: 2000, ranMs: 0, deniedMs: 2000 });
  assert.deepEqual(vcpu.share(1000), { wallMs: 1000, ranMs: 1000, deniedMs: 0 });
  assert.deepEqual(vcpu.share(60_000), { wallMs: 5000, ranMs: 3000, deniedMs: 2000 });
  assert.equal(vcpu.share(1000, 0), undefined);
});
