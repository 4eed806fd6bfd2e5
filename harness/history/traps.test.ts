import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scenario } from './scenario/index.js';
import { TRAP, traps } from './traps.js';

describe('the traps of a history', () => {
  it('tell which request sprang them, and which never sprang', () => {
    const s = new Scenario();
    s.observe(TRAP, { state: 'set', trap: 1, request: 2, of: [], does: 'kill' });
    s.observe(TRAP, { state: 'set', trap: 2, request: 1, of: ['CTR'], does: 'freeze' });
    const log = s.log('U', '4096 clustered-core 1024 nosync');
    log.inSync(1, 1);
    log.inSync(2, 1);
    const call = s.history().exchanges()[1]?.request?.call;
    assert.ok(call !== undefined);
    s.observe(TRAP, { state: 'sprung', trap: 1, call });
    s.observe(TRAP, { state: 'removed', trap: 2, seen: 0 });
    const history = s.history();
    const [first, second, none] = traps(history);
    assert.equal(none, undefined);
    assert.deepEqual([first?.request, first?.does, first?.of], [2, 'kill', []]);
    assert.equal(first?.by, history.exchanges()[1]);
    assert.ok(first?.sprung);
    assert.deepEqual([second?.of, second?.sprung, second?.by], [['CTR'], undefined, undefined]);
  });

  it('belong to their node: numbers are given anew on each', () => {
    const s = new Scenario();
    const set = { state: 'set', trap: 1, request: 1, of: [], does: 'kill' };
    s.observe(TRAP, set);
    const { t } = s.base();
    const elsewhere = { kind: 'observation', evidence: 'log', name: TRAP, node: 'node2' } as const;
    s.add({ ...elsewhere, t, value: set });
    s.add({ ...elsewhere, t: t + 1n, value: { state: 'sprung', trap: 1, call: 7 } });
    assert.deepEqual(
      traps(s.history()).map(({ node, sprung }) => [node, sprung?.node]),
      [
        ['node1', undefined],
        ['node2', 'node2'],
      ],
    );
  });
});
