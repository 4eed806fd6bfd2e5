import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RegionBitmap } from './region-bitmap.js';

describe('region bitmap', () => {
  it('counts no bit beyond its size (SYNC-07)', () => {
    for (const size of [1, 31, 32, 33, 63, 64, 65]) {
      const full = new RegionBitmap(size, true);
      assert.equal(full.count, size);
      assert.equal(full.nextClear(0), undefined);
      full.set(size - 1, false);
      assert.equal(full.count, size - 1);
      assert.equal(full.nextClear(0), size - 1);
      full.set(size - 1, true);
      assert.equal(full.nextClear(0), undefined);
      const empty = new RegionBitmap(size, false);
      assert.equal(empty.count, 0);
      assert.equal(empty.nextClear(size), undefined);
      assert.throws(() => empty.set(size, true), RangeError);
    }
  });

  it('behaves as an array of booleans', () => {
    const operations = fc.array(fc.record({ bit: fc.nat(99), value: fc.boolean(), from: fc.nat(110) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.boolean(), operations, (size, initial, steps) => {
        const bitmap = new RegionBitmap(size, initial);
        const model = new Array<boolean>(size).fill(initial);
        for (const { bit, value, from } of steps) {
          const at = bit % size;
          bitmap.set(at, value);
          model[at] = value;
          assert.equal(bitmap.get(at), value);
          assert.equal(bitmap.count, model.filter(Boolean).length);
          const next = model.findIndex((set, index) => !set && index >= from);
          assert.equal(bitmap.nextClear(from), next === -1 ? undefined : next);
        }
      }),
    );
  });
});
