import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MemoryStore } from './memory-store.js';
import { Medium } from './medium.js';
import { PROVISIONING } from './provisioning.js';
import { seededRandom } from './seeded-random.js';

/** Small enough that writes meet, and over a border of the pages and chunks of all maps. */
const BLOCKS = 300;
const SIZE = 512;

/** Every block is told by one number: what its first byte is, or 0 for an unmapped one. */
type Step =
  | {
      readonly does: 'write';
      readonly lba: number;
      readonly values: readonly number[];
      readonly fua: boolean;
    }
  | { readonly does: 'unmap'; readonly lba: number; readonly count: number }
  | { readonly does: 'synchronize'; readonly lba: number; readonly count: number };

const lba = fc.oneof(fc.nat(BLOCKS - 9), fc.integer({ min: 120, max: 136 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('write' as const),
      lba,
      values: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 8 }),
      fua: fc.boolean(),
    }),
  },
  fc.record({ does: fc.constant('unmap' as const), lba, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    does: fc.constant('synchronize' as const),
    lba: fc.oneof(fc.constant(0), lba),
    count: fc.oneof(fc.constant(BLOCKS), fc.integer({ min: 1, max: 8 })),
  }),
);

/** The model: for each block all values that it may have after a power cut; the last is what readers see. */
class LinearArray {
  readonly histories: number[][] = Array.from({ length: BLOCKS }, () => [0]);

  put(at: number, value: number, durable: boolean): void {
    if (durable) this.histories[at] = [value];
    else this.histories[at]?.push(value);
  }

  durable(from: number, count: number): void {
    for (const history of this.histories.slice(from, from + count)) history.splice(0, history.length - 1);
  }

  take(taken: Step): void {
    switch (taken.does) {
      case 'write':
        taken.values.forEach((value, index) => this.put(taken.lba + index, value, taken.fua));
        break;
      case 'unmap':
        for (let at = 0; at < taken.count; at++) this.put(taken.lba + at, 0, false);
        break;
      case 'synchronize':
        this.durable(taken.lba, taken.count);
    }
  }

  get now(): number[] {
    return this.histories.map((history) => history.at(-1) ?? -1);
  }
}

const contents = (medium: Medium): number[] => {
  const bytes = medium.read(0, BLOCKS * SIZE);
  return Array.from({ length: BLOCKS }, (_, at) => {
    const block = bytes.subarray(at * SIZE, (at + 1) * SIZE);
    assert.ok(
      block.every((byte) => byte === block[0]),
      'a block is written whole or not at all',
    );
    return block[0] ?? -1;
  });
};

function apply(medium: Medium, taken: Step): void {
  switch (taken.does) {
    case 'write':
      medium.write(
        taken.lba,
        Buffer.concat(taken.values.map((value) => Buffer.alloc(SIZE, value))),
        taken.fua,
      );
      break;
    case 'unmap':
      medium.unmap(taken, PROVISIONING.deallocated, false);
      break;
    case 'synchronize':
      medium.synchronize(taken);
  }
}

const played = (steps: readonly Step[], cacheLimit: number): { medium: Medium; model: LinearArray } => {
  const medium = new Medium({ store: new MemoryStore(BLOCKS, SIZE), thin: true, cacheLimit });
  const model = new LinearArray();
  for (const taken of steps) {
    apply(medium, taken);
    model.take(taken);
  }
  return { medium, model };
};

const LARGE = 1 << 20;
const program = fc.array(step, { maxLength: 60, size: 'max' });

describe('the medium', () => {
  it('shows all readers the newest data, and tells what is mapped', () => {
    fc.assert(
      fc.property(program, fc.constantFrom(LARGE, 0, 5000), (steps, cacheLimit) => {
        const { medium, model } = played(steps, cacheLimit);
        assert.deepEqual(contents(medium), model.now);
        for (let at = 0; at < BLOCKS;) {
          const { count, state } = medium.run(at);
          assert.ok(count > 0);
          const mapped = model.now.slice(at, at + count).map((value) => value !== 0);
          assert.deepEqual(
            mapped,
            mapped.map(() => state === PROVISIONING.mapped),
          );
          at += count;
        }
      }),
    );
  });

  it('a power cut in which nothing survives leaves exactly what was durable', () => {
    fc.assert(
      fc.property(program, (steps) => {
        const { medium, model } = played(steps, LARGE);
        assert.equal(medium.destaged, 0);
        medium.powerCut('none', () => assert.fail('nothing is left to chance'));
        assert.deepEqual(
          contents(medium),
          model.histories.map((history) => history[0]),
        );
        const again = medium.powerCut('none', Math.random);
        assert.deepEqual(again, { writes: { kept: 0, lost: 0, torn: 0 }, blocksLost: 0 });
      }),
    );
  });

  it('a power cut in which all survives changes nothing', () => {
    fc.assert(
      fc.property(program, (steps) => {
        const { medium, model } = played(steps, LARGE);
        assert.equal(medium.powerCut('all', Math.random).blocksLost, 0);
        assert.deepEqual(contents(medium), model.now);
      }),
    );
  });

  it('after any other each block has a value that it had since it was durable, by the seed', () => {
    fc.assert(
      fc.property(program, fc.nat(), fc.constantFrom(LARGE, 3000), (steps, seed, cacheLimit) => {
        const { medium, model } = played(steps, cacheLimit);
        medium.powerCut('any', seededRandom(seed));
        const left = contents(medium);
        left.forEach((value, at) => assert.ok(model.histories[at]?.includes(value), `block ${at}`));
        const { medium: same } = played(steps, cacheLimit);
        same.powerCut('any', seededRandom(seed));
        assert.deepEqual(contents(same), left);
      }),
    );
  });

  it('the random source makes kept, lost and torn writes', () => {
    const medium = new Medium({ store: new MemoryStore(BLOCKS, SIZE), thin: true, cacheLimit: LARGE });
    for (let at = 0; at < 100; at++) medium.write(at * 3, Buffer.alloc(3 * SIZE, 1), false);
    const { writes, blocksLost } = medium.powerCut('any', seededRandom(7));
    assert.equal(writes.kept + writes.lost + writes.torn, 100);
    assert.ok(writes.kept > 20 && writes.lost > 20 && writes.torn > 3);
    assert.equal(contents(medium).filter((value) => value === 0).length, blocksLost);
    const torn = Array.from({ length: 100 }, (_, at) => contents(medium).slice(at * 3, at * 3 + 3));
    assert.ok(torn.some((values) => values.includes(0) && values.includes(1)));
  });

  it('a newer write that survives hides what became of older ones', () => {
    const medium = new Medium({ store: new MemoryStore(BLOCKS, SIZE), thin: true, cacheLimit: LARGE });
    for (const value of [1, 2]) medium.write(5, Buffer.alloc(SIZE, value), false);
    // Asked for the newest write first: it is kept, the older one lost.
    const draws = [0, 0.5];
    const { writes, blocksLost } = medium.powerCut(
      'any',
      () => draws.shift() ?? assert.fail('asked too often'),
    );
    assert.deepEqual([writes, blocksLost], [{ kept: 1, lost: 1, torn: 0 }, 0]);
    assert.equal(contents(medium)[5], 2);
  });

  it('holds no more than its limit: the oldest writes become durable, which is told', () => {
    const medium = new Medium({ store: new MemoryStore(BLOCKS, SIZE), thin: true, cacheLimit: 8 * SIZE });
    for (let at = 0; at < 20; at++) medium.write(at, Buffer.alloc(SIZE, 1), true);
    for (let at = 0; at < 20; at++) medium.write(at, Buffer.alloc(SIZE, 2), false);
    // Each takes its block, its state and 128 bytes of book-keeping: six fit.
    assert.equal(medium.destaged, 14);
    medium.powerCut('none', Math.random);
    assert.deepEqual(contents(medium).slice(0, 20), [
      ...Array<number>(14).fill(2),
      ...Array<number>(6).fill(1),
    ]);
    medium.write(0, Buffer.alloc(3 * SIZE, 3), false);
    assert.equal(medium.destaged, 15, 'too large for it');
    assert.equal(medium.powerCut('none', Math.random).blocksLost, 0);
  });

  it('resizing keeps what fits, and gives zeros', () => {
    const medium = new Medium({ store: new MemoryStore(200, SIZE), thin: true, cacheLimit: LARGE });
    medium.write(100, Buffer.alloc(100 * SIZE, 1), false);
    medium.resize(150);
    medium.resize(BLOCKS);
    assert.deepEqual(contents(medium), [
      ...Array<number>(100).fill(0),
      ...Array<number>(50).fill(1),
      ...Array<number>(150).fill(0),
    ]);
    assert.deepEqual(medium.run(150), { count: 150, state: PROVISIONING.deallocated });
  });
});
