/** What the oracle knows of a log when several nodes may have it, and when one takes the place of another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { History, POWER_CUT } from '../history/index.js';
import { Scenario } from '../history/scenario/index.js';
import { judgeHistory } from './index.js';

/** A node that serves a log, whose daemon then takes region 1 for out of sync, which it is not. */
function wrongNode(): Scenario {
  const s = new Scenario();
  s.daemonReady();
  const log = s.log('U', '4096 clustered-core 1024 nosync');
  log.ctr();
  log.regionSize(1024);
  log.resume();
  log.inSync(1, 0);
  return s;
}

/** A node that serves one request, and loses its power when told so; then the wrong node. */
function twoNodes(powerCut: boolean): History {
  const s = new Scenario();
  s.daemonReady();
  s.log('V', '4096 clustered-core 1024').ctr();
  if (powerCut) s.observe(POWER_CUT, { unseenMs: 4 });
  const first = s.history();
  const later = wrongNode().history();
  const last = first.events.at(-1)?.t ?? 0n;
  const moved = later.events.map((event) => ({ ...event, node: 'node2', t: event.t + last }));
  return new History(first.header, [], first.end).withEvents([...first.events, ...moved]);
}

describe('the oracle, of two nodes', () => {
  it('leaves the bits of a log open that another node may have changed', () => {
    assert.deepEqual(judgeHistory(twoNodes(false)), []);
  });

  it('holds a node that took the place of a dead one to its own log', () => {
    assert.deepEqual(
      judgeHistory(twoNodes(true)).map(({ id }) => id),
      judgeHistory(wrongNode().history()).map(({ id }) => id),
    );
    assert.notEqual(judgeHistory(twoNodes(true)).length, 0);
  });
});
