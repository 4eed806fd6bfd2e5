import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from './places.js';

/** When all that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than there are places, in the order in which they came; one that fails leaves its place', async () => {
  const places = new Places(2);
  const entered: number[] = [];
  const end: { leave: () => void; fail: (error: Error) => void }[] = [];
  const ends = [0, 1, 2, 3].map((number) =>
    places
      .run(async () => {
        entered.push(number);
        await new Promise<void>((leave, fail) => (end[number] = { leave, fail }));
        return number;
      })
      .catch((error: unknown) => (error as Error).message),
  );
  await settled();
  assert.deepEqual(entered, [0, 1]);
  end[1]?.fail(new Error('one'));
  await settled();
  assert.deepEqual(entered, [0, 1, 2]);
  end[0]?.leave();
  end[2]?.leave();
  await settled();
  assert.deepEqual(entered, [0, 1, 2, 3]);
  end[3]?.leave();
  assert.deepEqual(await Promise.all(ends), [0, 'one', 2, 3]);
});
