import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RegionBitmap } from './region-bitmap.js';

describe('region bitmap', () => {
  it('takes memory as it is, but for bits beyond its size', () => {
    const bitmap = new RegionBitmap(33, new Uint32Array([0xffff_fff0, 0xffff_ffff]));
    assert.equal(bitmap.count, 29);
    assert.equal(bitmap.nextClear(0), 0);
    assert.deepEqual([...bitmap.bytes], [0xf0, 0xff, 0xff, 0xff, 1, 0, 0, 0]);
    assert.throws(() => new RegionBitmap(65, new Uint32Array(2)), RangeError);
  });

  it('fills from any bit on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(220), fc.boolean(), (size, from, value) => {
        const bitmap = new RegionBitmap(size);
        bitmap.fill(!value);
        bitmap.fill(value, from);
        for (let bit = 0; bit < size; bit++) assert.equal(bitmap.get(bit), bit >= from ? value : !value);
        const set = value ? Math.max(size - from, 0) : Math.min(from, size);
        assert.equal(bitmap.count, set);
      }),
    );
  });

  it('counts no bit beyond its size (SYNC-07)', () => {
    for (const size of [1, 31, 32, 33, 63, 64, 65]) {
      const full = new RegionBitmap(size);
      full.fill(true);
      assert.equal(full.count, size);
      assert.equal(full.nextClear(0), undefined);
      full.set(size - 1, false);
      assert.equal(full.count, size - 1);
      assert.equal(full.nextClear(0), size - 1);
      full.set(size - 1, true);
      assert.equal(full.nextClear(0), undefined);
      const empty = new RegionBitmap(size);
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
        const bitmap = new RegionBitmap(size);
        bitmap.fill(initial);
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
