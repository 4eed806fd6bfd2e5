import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ACTIONS, out, READ, setUp, TABLE, writes, type Action } from './test-reservations.js';

/** A small model: keys by nexus, and the reservation. */
class Model {
  readonly keys = new Map<number, number>();
  held: { type: number; by: number } | undefined;

  holds(who: number): boolean {
    return this.held !== undefined && (this.held.type >= 7 ? this.keys.has(who) : this.held.by === who);
  }

  may(who: number): string {
    if (this.held === undefined || this.holds(who)) return 'rw';
    const row = TABLE.find(([type]) => type === this.held?.type);
    return row?.[this.keys.has(who) ? 2 : 3] ?? '';
  }

  remove(who: number): void {
    const held = this.holds(who);
    this.keys.delete(who);
    if (held && (this.held?.type ?? 0) < 7) this.held = undefined;
    if (this.keys.size === 0) this.held = undefined;
  }

  does(who: number, action: Action, key: number, actionKey: number, type: number): string {
    const own = this.keys.get(who);
    if (action === 'register' || action === 'ignore') {
      if (action === 'register' && key !== (own ?? 0)) return '18';
      if (actionKey === 0) this.remove(who);
      else this.keys.set(who, actionKey);
      return '00';
    }
    if (own === undefined || own !== key) return '18';
    switch (action) {
      case 'reserve':
        if (this.held !== undefined) return this.holds(who) && this.held.type === type ? '00' : '18';
        this.held = { type, by: who };
        return '00';
      case 'release':
        if (!this.holds(who)) return '00';
        if (this.held?.type !== type) return '02 5/26/04';
        this.held = undefined;
        return '00';
      case 'clear':
        this.keys.clear();
        this.held = undefined;
        return '00';
      case 'preempt':
      case 'preempt-abort':
        return this.preempt(who, actionKey, type);
    }
  }

  private preempt(who: number, victims: number, type: number): string {
    const all = (this.held?.type ?? 0) >= 7;
    if (victims === 0 && !all) return '02 5/26/00';
    const hit = [...this.keys].filter(([, key]) => key === victims).map(([nexus]) => nexus);
    if (victims === 0 || (this.held !== undefined && !all && this.keys.get(this.held.by) === victims)) {
      for (const nexus of victims === 0 ? [...this.keys.keys()] : hit)
        if (nexus !== who) this.keys.delete(nexus);
      this.held = { type, by: who };
      return '00';
    }
    if (hit.length === 0) return '18';
    for (const nexus of hit) this.remove(nexus);
    return '00';
  }
}

describe('persistent reservations against a model', () => {
  it('every service of every nexus ends, and leaves reads and writes, as the model says', async () => {
    const deed = fc.record({
      who: fc.nat(2),
      action: fc.constantFrom(...ACTIONS),
      right: fc.boolean(),
      key: fc.nat(3),
      actionKey: fc.nat(3),
      type: fc.constantFrom(1, 3, 5, 6, 7, 8),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 40, size: 'max' }), async (deeds) => {
        const { a, b, c } = setUp();
        const initiators = [a, b, c] as const;
        const model = new Model();
        for (const { who, action, right, key, actionKey, type } of deeds) {
          const initiator = initiators[who] ?? a;
          const used = right ? (model.keys.get(who) ?? 0) : key;
          const said = await out(initiator, action, used, actionKey, type);
          const attention = said.startsWith('02 6/');
          const expected = attention ? said : model.does(who, action, used, actionKey, type);
          assert.equal(said, expected);
          for (const [index, other] of initiators.entries()) {
            for (let left = 4; left > 0; left--) await other.send('00 00 0000 00 00');
            const may = `${(await other.says(READ)) === '00' ? 'r' : '-'}${(await writes(other)) === '00' ? 'w' : '-'}`;
            assert.equal(may, model.may(index));
          }
          const keys = await a.data('5e 00 0000000000 1000 00');
          assert.equal(keys.readUInt32BE(4), model.keys.size * 8);
        }
      }),
      { numRuns: 200 },
    );
  });
});
