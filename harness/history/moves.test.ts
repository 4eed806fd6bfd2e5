import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handover, SWAP } from './log-swaps.js';
import { movedPercent, moves } from './moves.js';
import { coexisting } from './queries.js';
import { type LogScript, Scenario } from './scenario/index.js';

const TEXT = '1024 clustered-core 256';

function copy(log: LogScript, ...regions: readonly number[]): void {
  for (const region of regions) log.setSync(region, 1);
}

describe('moves', () => {
  it('have a log for each segment, and tell what was not copied', () => {
    const s = new Scenario();
    const mirror = s.log('LVM-mirror', TEXT).construct(256);
    mirror.resume();
    const [first, second] = [s.log('LVM-move-pvmove', TEXT), s.log('LVM-move-pvmove', TEXT)];
    first.construct(256).resume();
    copy(first, 0, 1, 2, 3);
    second.construct(256);
    first.presuspend();
    first.postsuspend();
    second.resume();
    first.dtr();
    copy(second, 0, 2, 2);
    second.setSync(1, 0);
    s.log('LVM-other-pvmove', '1000 clustered-core 256').construct(256);

    const history = s.history();
    const steps = moves(history).map(({ uuid, steps: all }) => [
      uuid,
      ...all.map(({ regions, copied, missing }) => ({ regions, copied, missing })),
    ]);
    assert.deepEqual(steps, [
      [
        'LVM-move-pvmove',
        { regions: 4, copied: [0n, 1n, 2n, 3n], missing: [] },
        { regions: 4, copied: [0n, 2n, 2n], missing: [1n, 3n] },
      ],
      ['LVM-other-pvmove', { regions: 4, copied: [], missing: [0n, 1n, 2n, 3n] }],
    ]);
    const [swap, ...more] = coexisting(history);
    assert.ok(swap && more.length === 0);
    assert.equal(handover(history, swap.first, swap.second).order, SWAP);
  });

  it('say how far they are', () => {
    const s = new Scenario();
    const stdout = '  /dev/sda: Moved: 0.00%\n  /dev/sda: Moved: 21.88%\n  /dev/sda: Moved: 100.00%\n';
    s.command('pvmove -i 1 /dev/sda', () => undefined, { stdout });
    const [command] = s.history().commands();
    assert.ok(command);
    assert.deepEqual(movedPercent(command), [0, 21.88, 100]);
  });
});
