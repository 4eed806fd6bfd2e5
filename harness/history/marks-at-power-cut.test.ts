import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { History } from './history.js';
import { marksAtPowerCut } from './marks-at-power-cut.js';
import { POWER_CUT, powerCuts } from './power-cuts.js';
import { Scenario } from './scenario/index.js';

const TEXT = '4096 clustered-disk 7:9 256';

/** The regions that were marked at the only power cut. */
function standing(history: History): bigint[] {
  const [cut] = powerCuts(history);
  assert.ok(cut !== undefined);
  return marksAtPowerCut(history, cut).map(({ region }) => region);
}

describe('the marks that stood at a power cut', () => {
  it('are those that were flushed and not cleared', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.mark([1, 2]);
    log.flush();
    log.clear([1]);
    log.mark([3]); // not flushed: nobody writes there yet
    s.observe(POWER_CUT, { unseenMs: 1 }, 'log');
    assert.deepEqual(standing(s.history()), [2n]);
  });

  it('may come with the flush', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.flush([4, 5]);
    log.clear([5]);
    log.flush([6], { error: -5 });
    s.observe(POWER_CUT, { unseenMs: 1 }, 'log');
    assert.deepEqual(standing(s.history()), [4n]);
  });

  it('stand when the daemon never answered the clear', () => {
    const s = new Scenario();
    const log = s.log('U', TEXT);
    log.mark([1]);
    log.flush();
    log.begin('CLEAR_REGION', Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
    s.observe(POWER_CUT, { unseenMs: 1 }, 'log');
    assert.deepEqual(standing(s.history()), [1n]);
  });

  it('pass from one log to the next one of its UUID, which may clear them', () => {
    const s = new Scenario();
    const [old, next, other] = [s.log('U', TEXT), s.log('U', TEXT), s.log('V', TEXT)];
    old.mark([1, 2]);
    old.flush();
    next.clear([2]);
    other.mark([2]);
    next.flush(); // of another log than the one that was marked
    s.observe(POWER_CUT, { unseenMs: 1 }, 'log');
    assert.deepEqual(standing(s.history()), [1n]);
  });
});
