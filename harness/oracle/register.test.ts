import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Register } from './register.js';
import { SyncBits } from './sync-bits.js';

void describe('Register', () => {
  void it('holds what was written before, after and during a request', () => {
    const register = new Register('a');
    register.write('b', 10, 20);
    const open = register.write('c', 30);
    assert.deepEqual([...register.possible(5, 8)], ['a']);
    assert.deepEqual([...register.possible(5, 15)], ['a', 'b']);
    assert.deepEqual([...register.possible(25, 28)], ['b']);
    assert.deepEqual([...register.possible(31, 99)], ['b', 'c']);
    open.to = 40;
    assert.deepEqual([...register.possible(41, 99)], ['c']);
    assert.deepEqual([...register.possible(35, 99, open)], ['b']);
    assert.equal(register.settle(41), 1);
  });

  void it('holds either of two writes that overlap', () => {
    const register = new Register(0);
    register.write(1, 10, 30);
    register.write(2, 20, 40);
    assert.deepEqual([...register.possible(50, 60)], [1, 2]);
  });

  void it('forgets a write that is taken back', () => {
    const register = new Register(0);
    register.remove(register.write(1, 10));
    assert.deepEqual([...register.possible(50, 60)], [0]);
  });
});

void describe('SyncBits', () => {
  void it('counts what is certain, unknown and in flight', () => {
    const bits = new SyncBits(4);
    assert.deepEqual(bits.range(0, 1), { least: 0, most: 4 });
    bits.fill((region) => (region < 2 ? 1 : 0));
    assert.deepEqual(bits.range(0, 1), { least: 2, most: 2 });
    const write = bits.write(3, 1, 10);
    assert.deepEqual(bits.range(11, 12), { least: 2, most: 3 });
    write.to = 20;
    assert.deepEqual(bits.range(21, 22), { least: 3, most: 3 });
    bits.settle(21);
    assert.deepEqual(bits.range(21, 22), { least: 3, most: 3 });
    assert.deepEqual(bits.possible(3, 21, 22), { zero: false, one: true, untold: false });
    bits.write(0, '?', 30, 30);
    assert.deepEqual(bits.possible(0, 31, 32), { zero: true, one: true, untold: true });
  });
});
