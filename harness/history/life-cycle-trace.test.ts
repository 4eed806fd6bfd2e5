import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lifeCycleTrace } from './life-cycle-trace.js';
import { Scenario } from './scenario/scenario.js';

const UUID = 'LVM-one';

/** A log that is swapped for a longer one of the same UUID, as lvextend does it. */
function extended(luids: readonly [bigint, bigint], uuid = UUID): Scenario {
  const scenario = new Scenario();
  const old = scenario.log(uuid, '32768 clustered-disk 253:7 256', luids[0]).construct(256);
  old.resume();
  old.mark([1]);
  const longer = scenario.log(uuid, '49152 clustered-disk 253:7 256', luids[1]).construct(256);
  old.presuspend();
  old.postsuspend();
  longer.resume();
  old.dtr();
  return scenario;
}

const EXTENDED = [
  'CTR L1 U1 "32768 clustered-disk MAJOR:MINOR 256"',
  'RESUME L1',
  'CTR L2 U1 "49152 clustered-disk MAJOR:MINOR 256"',
  'PRESUSPEND L1',
  'POSTSUSPEND L1',
  'RESUME L2',
  'DTR L1',
];

describe('the trace of life cycles', () => {
  it('tells logs and UUIDs by the order in which they come, and nothing else than life cycles', () => {
    assert.deepEqual(lifeCycleTrace(extended([1n, 2n]).history()), EXTENDED);
    assert.deepEqual(lifeCycleTrace(extended([0xffffn, 5n], 'LVM-other').history()), EXTENDED);
  });

  it('gives a luid that comes back another name, and another UUID too', () => {
    const scenario = extended([1n, 2n]);
    const next = scenario.log('LVM-two', '8 clustered-core 4', 1n).construct(4);
    next.resume();
    next.dtr();
    assert.deepEqual(lifeCycleTrace(scenario.history()).slice(EXTENDED.length), [
      'CTR L3 U2 "8 clustered-core 4"',
      'RESUME L3',
      'DTR L3',
    ]);
  });

  it('tells a log that is built again from a new one, what was refused, and what has no answer', () => {
    const scenario = new Scenario();
    const log = scenario.log(UUID, '8 clustered-core 4').construct(4);
    log.resume();
    log.reconnect();
    log.resume({ error: -22 });
    log.begin('PRESUSPEND');
    assert.deepEqual(lifeCycleTrace(scenario.history()), [
      'CTR L1 U1 "8 clustered-core 4"',
      'RESUME L1',
      'CTR L1 U1 "8 clustered-core 4" again',
      'RESUME L1 (-22)',
      'PRESUSPEND L1 (open)',
    ]);
  });

  it('differs when two logs of one UUID change places', () => {
    const swapped = new Scenario();
    const old = swapped.log(UUID, '32768 clustered-disk 253:7 256', 1n).construct(256);
    old.resume();
    const longer = swapped.log(UUID, '49152 clustered-disk 253:7 256', 2n).construct(256);
    old.presuspend();
    old.postsuspend();
    old.resume();
    longer.dtr();
    assert.notDeepEqual(lifeCycleTrace(swapped.history()), EXTENDED);
  });
});
