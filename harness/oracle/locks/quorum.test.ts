import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { majorityConflicts, type Belief } from './quorum.js';

/** `A d1 0-9 ex` */
const belief = (text: string, event = 0): Belief => {
  const [host = '', drive = '', span = '', mode = ''] = text.split(' ');
  const [from = 0, until = 0] = span.split('-').map(Number);
  return { host, drive, resource: 'r', shared: mode === 'sh', from, until, event };
};
const conflicts = (drives: number, ...texts: readonly string[]) =>
  majorityConflicts(texts.map(belief), drives).map(({ hosts, from }) => `${hosts.join(' ')} ${from}`);

void describe('quorum over drives (IDM-117)', () => {
  void it('one drive: two exclusive holders at an instant', () => {
    assert.deepEqual(conflicts(1, 'A d1 0-9 ex', 'B d1 8-20 ex'), ['A B 8']);
    assert.deepEqual(conflicts(1, 'A d1 0-8 ex', 'B d1 8-20 ex'), []);
  });

  void it('two drives: half is no majority', () => {
    assert.deepEqual(conflicts(2, 'A d1 0-9 ex', 'B d2 0-9 ex'), []);
    assert.deepEqual(conflicts(2, 'A d1 0-9 ex', 'A d2 0-9 ex', 'B d1 3-9 ex', 'B d2 4-9 ex'), ['A B 4']);
  });

  void it('three drives: majorities that have one drive in common', () => {
    assert.deepEqual(conflicts(3, 'A d1 0-9 ex', 'A d2 0-9 ex', 'B d2 5-9 sh', 'B d3 1-9 sh'), ['A B 5']);
    assert.deepEqual(conflicts(3, 'A d1 0-9 ex', 'A d2 0-5 ex', 'B d2 5-9 ex', 'B d3 1-9 ex'), []);
  });

  void it('sharers do not conflict, a sharer and an exclusive holder do', () => {
    assert.deepEqual(conflicts(1, 'A d1 0-9 sh', 'B d1 0-9 sh'), []);
    assert.deepEqual(conflicts(1, 'A d1 0-9 sh', 'B d1 2-9 ex'), ['A B 2']);
    // Neither majority is an exclusive one.
    assert.deepEqual(conflicts(3, 'A d1 0-9 ex', 'A d2 0-9 sh', 'B d2 0-9 sh', 'B d3 0-9 sh'), []);
  });
});
