import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from './places.js';

/** When all that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than there are places, in the order in which they came', async () => {
  const places = new Places(2);
  const entered: number[] = [];
  const leave: (() => Promise<void>)[] = [];
  for (const number of [0, 1, 2, 3]) {
    void places.place().then((place) => {
      entered.push(number);
      leave[number] = async () => {
        await place[Symbol.asyncDispose]();
      };
    });
  }
  await settled();
  assert.deepEqual(entered, [0, 1]);
  await leave[1]?.();
  await leave[1]?.(); // once only
  await settled();
  assert.deepEqual(entered, [0, 1, 2]);
  await leave[0]?.();
  await leave[2]?.();
  await settled();
  assert.deepEqual(entered, [0, 1, 2, 3]);
});
