import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  beganBefore,
  commandsWith,
  exchangesDuring,
  kernelLogLines,
  legLooks,
  outcomesOf,
  regionAsked,
  waited,
} from './kernel-queries.js';
import { KERNEL_LOG, LEG_BLOCKS } from './observations.js';
import { Scenario } from './scenario/index.js';

const TEXT = '8192 clustered-core 128 nosync';

describe('questions about the kernel', () => {
  it('find what a command asked, and what came of it', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.inSync(3, 1);
    s.command('dmsetup suspend m', () => {
      log.presuspend();
      log.postsuspend({ error: -5 });
    });
    const history = s.history();
    const [command] = commandsWith(history, 'dmsetup', 'suspend');
    const during = exchangesDuring(history, command);
    assert.equal(outcomesOf(during), 'PRESUSPEND 0, POSTSUSPEND -5');
    assert.equal(outcomesOf([]), 'nothing');
    assert.deepEqual(commandsWith(history, 'resume'), []);
    const [query] = history.exchanges('IN_SYNC');
    const [suspend] = during;
    assert.ok(query && suspend);
    assert.equal(regionAsked(query), 3);
    assert.ok(beganBefore(history, query, suspend) && !beganBefore(history, suspend, query));
  });

  it('read looks at the kernel log and at the legs', () => {
    const s = new Scenario();
    s.observe(KERNEL_LOG, { pattern: 'raid1', lines: ['log resume failed', 'something else'] }, 'log');
    s.observe(LEG_BLOCKS, { region: 5, written: [true, false] }, 'image');
    const history = s.history();
    assert.deepEqual(kernelLogLines(history, /resume/).lines, ['log resume failed']);
    assert.deepEqual(
      legLooks(history).map(({ region, written }) => [region, ...written]),
      [[5, true, false]],
    );
  });
});

describe('limits on time', () => {
  /** A request 3 s late, behind one at once; so many commands ran in between. */
  function late(commands: number): ReturnType<typeof waited> {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.count(64);
    s.wait(2000);
    for (let command = 0; command < commands; command += 1) s.command('true', () => s.wait(50));
    s.wait(1000);
    log.count(64);
    const history = s.history();
    const [first, second] = history.exchanges();
    return waited(history, first?.return?.t, second?.request?.t, [100, 1500]);
  }

  it('hold for what came in time', () => {
    const s = new Scenario();
    const history = s.history();
    assert.deepEqual(waited(history, 0n, 200_000_000n, [100, 1500]), { ms: 200, inTime: true });
    assert.equal(waited(history, 0n, 99_000_000n, [100, 1500]).inTime, false);
    assert.equal(waited(history, 0n, undefined, [100, 1500]).inTime, false);
    assert.equal(waited(history, undefined, 200_000_000n, [100, 1500]).ms, Infinity);
  });

  it('are broken only while the guest is seen to run', () => {
    assert.equal(late(2).inTime, false);
    assert.equal(late(1).inTime, true);
    assert.equal(late(0).inTime, true);
  });
});
