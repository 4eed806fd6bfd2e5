import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Budget, CommonBudget } from './budget.js';
import { CommandWindow } from './command-window.js';
import { serialAdd } from './serial.js';

describe('the order of commands', () => {
  it('is that of their numbers, however they come', () => {
    const order = fc.nat(0xffff_ffff).chain((first) =>
      fc.record({
        first: fc.constant(first),
        shuffled: fc.shuffledSubarray(
          Array.from({ length: 16 }, (_, i) => i),
          { minLength: 16 },
        ),
        again: fc.array(fc.nat(15), { maxLength: 10 }),
      }),
    );
    fc.assert(
      fc.property(order, ({ first, shuffled, again }) => {
        const window = new CommandWindow(first, 16);
        const begun: number[] = [];
        for (const step of [...shuffled, ...again]) {
          const cmdSn = serialAdd(first, step);
          if (window.accepts(cmdSn)) window.put(cmdSn, () => begun.push(step));
        }
        assert.deepEqual(
          begun,
          Array.from({ length: 16 }, (_, i) => i),
        );
        assert.equal(window.early, 0);
        assert.equal(window.expected, serialAdd(first, 16));
      }),
    );
  });

  it('has an end on both sides, and none may come twice', () => {
    const window = new CommandWindow(0xffff_ffff, 4);
    assert.equal(window.accepts(0xffff_fffe), false);
    assert.equal(window.accepts(2), true);
    assert.equal(window.accepts(3), false);
    window.put(2, () => undefined);
    assert.equal(window.accepts(2), false);
    assert.equal(window.expected, 0xffff_ffff);
  });

  it('closes while commands are under way, and never takes back what it granted', () => {
    const window = new CommandWindow(1, 4);
    assert.equal(window.most(0), 4);
    for (let cmdSn = 1; cmdSn <= 4; cmdSn++) window.put(cmdSn, () => undefined);
    assert.equal(window.most(4), 4);
    assert.equal(window.accepts(5), false);
    assert.equal(window.most(3), 5);
    assert.equal(window.most(4), 5);
    assert.equal(window.most(0), 8);
  });

  it('goes on over a number that will not come', () => {
    const window = new CommandWindow(1, 8);
    const begun: number[] = [];
    window.put(2, () => begun.push(2));
    assert.equal(window.skip(1), true);
    assert.deepEqual(begun, [2]);
    assert.equal(window.skip(1), false);
    assert.equal(window.expected, 3);
  });
});

describe('a budget', () => {
  it('makes those wait for whom there is nothing left, in their order', () => {
    const budget = new Budget(100);
    const begun: string[] = [];
    const a = budget.take(60, () => begun.push('a'));
    const b = budget.take(60, () => begun.push('b'));
    const c = budget.take(10, () => begun.push('c'));
    assert.deepEqual(begun, ['a']);
    assert.equal(budget.waiting, 2);
    budget.give(a);
    assert.deepEqual(begun, ['a', 'b', 'c']);
    budget.give(b);
    budget.give(c);
    assert.equal(budget.used, 0);
  });

  it('lets leave who waits, and those behind come up', () => {
    const budget = new Budget(100);
    const begun: string[] = [];
    budget.take(50, () => begun.push('a'));
    const b = budget.take(80, () => begun.push('b'));
    budget.take(50, () => begun.push('c'));
    budget.give(b);
    assert.deepEqual(begun, ['a', 'c']);
    assert.equal(budget.used, 100);
  });

  it('lets nobody wait who wants nothing', () => {
    const budget = new Budget(100);
    budget.take(100, () => undefined);
    budget.take(1, () => undefined);
    const share = budget.take(0, () => undefined);
    assert.equal(share.granted, true);
    budget.give(share);
    assert.equal(budget.used, 100);
    assert.equal(budget.waiting, 1);
  });

  it('gives all there is to who wants more', () => {
    const budget = new Budget(100);
    const share = budget.take(1_000_000, () => undefined);
    assert.equal(budget.used, 100);
    budget.give(share);
    assert.equal(budget.used, 0);
    budget.give(share);
    assert.equal(budget.used, 0);
  });

  it('takes from the common one what is beyond its own, and nobody overtakes', () => {
    const common = new CommonBudget(100);
    const [a, b, c] = [new Budget(80, 20, common), new Budget(80, 20, common), new Budget(80, 20, common)];
    const begun: string[] = [];
    const first = a.take(80, () => begun.push('a'));
    assert.equal(common.left, 40);
    const large = b.take(70, () => begun.push('b'));
    c.take(15, () => begun.push('c, its own'));
    const small = c.take(25, () => begun.push('c, common'));
    assert.deepEqual(begun, ['a', 'c, its own']);
    a.give(first);
    assert.deepEqual(begun, ['a', 'c, its own', 'b', 'c, common']);
    assert.equal(common.left, 100 - 50 - 20);
    b.give(large);
    c.give(small);
    assert.equal(common.left, 100);
    assert.equal(c.used, 15);
  });

  it('stands in nobody’s way once it wants nothing any more', () => {
    const common = new CommonBudget(10);
    const [a, b] = [new Budget(80, 0, common), new Budget(80, 0, common)];
    const begun: string[] = [];
    const held = a.take(8, () => begun.push('a'));
    const gone = a.take(10, () => begun.push('never'));
    b.take(2, () => begun.push('b'));
    assert.deepEqual(begun, ['a']);
    a.give(gone);
    assert.deepEqual(begun, ['a', 'b']);
    a.give(held);
    assert.equal(common.left, 8);
  });
});
