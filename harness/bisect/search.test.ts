import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { searchBorder, stepsFor, type Finding } from './search.js';

/** What each version is; the first is good and the last is bad. */
const truth = (last: number, firstBad: number, unjudged: ReadonlySet<number>): Finding[] =>
  Array.from({ length: last + 1 }, (_unused, index) => {
    if (index !== 0 && index !== last && unjudged.has(index)) return 'unjudged';
    return index < firstBad ? 'good' : 'bad';
  });

async function search(findings: readonly Finding[]): Promise<{
  border: Awaited<ReturnType<typeof searchBorder<number>>>;
  asked: number[];
  steps: number[];
}> {
  const asked: number[] = [];
  const steps: number[] = [];
  const border = await searchBorder([...findings.keys()], (index, progress) => {
    asked.push(index);
    steps.push(progress.steps);
    return Promise.resolve(findings[index] ?? 'unjudged');
  });
  return { border, asked, steps };
}

/** A list of up to 80 versions, where it turns bad, and what cannot be judged. */
const histories = fc.integer({ min: 1, max: 79 }).chain((last) =>
  fc.record({
    last: fc.constant(last),
    firstBad: fc.integer({ min: 1, max: last }),
    unjudged: fc.array(fc.integer({ min: 1, max: last })).map((list) => new Set(list)),
  }),
);

describe('the search for the first bad version', () => {
  test('finds it, in no more steps than halving takes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ last, firstBad }) => {
        const { border, asked, steps } = await search(truth(last, firstBad, new Set()));
        assert.deepEqual(border, { good: firstBad - 1, bad: firstBad, unjudged: [] });
        assert.ok(asked.length <= stepsFor(last - 1), `${asked.length} steps for ${last - 1} candidates`);
        // What it says about the steps that are left holds, and is never more than one too many.
        steps.forEach((left, index) => assert.ok(asked.length - index <= left));
      }),
    );
  });

  test('encloses it between the nearest versions that can be judged', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ last, firstBad, unjudged }) => {
        const findings = truth(last, firstBad, unjudged);
        const { border, asked } = await search(findings);
        const lastGood = findings.findLastIndex((finding) => finding === 'good');
        const earliestBad = findings.indexOf('bad');
        assert.equal(border.good, lastGood);
        assert.equal(border.bad, earliestBad);
        const between = [...findings.keys()].filter((index) => index > lastGood && index < earliestBad);
        assert.deepEqual(border.unjudged, between);
        assert.ok(between.every((index) => findings[index] === 'unjudged'));
        assert.equal(new Set(asked).size, asked.length, 'none is asked twice');
        assert.ok(asked.every((index) => index > 0 && index < last));
      }),
    );
  });

  test('ends at a place where good turns into bad, even if it does so several times', async () => {
    const kinds = fc.array(fc.constantFrom<Finding>('good', 'bad', 'unjudged'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(kinds, async (inner) => {
        const findings: Finding[] = ['good', ...inner, 'bad'];
        const { border } = await search(findings);
        assert.equal(findings[border.good], 'good');
        assert.equal(findings[border.bad], 'bad');
        assert.ok(border.good < border.bad);
        const between = findings.slice(border.good + 1, border.bad);
        assert.equal(border.unjudged.length, between.length);
        assert.ok(between.every((finding) => finding === 'unjudged'));
      }),
    );
  });

  test('asks the neighbour of one that cannot be judged', async () => {
    const { asked, border } = await search(['good', 'good', 'unjudged', 'bad', 'bad']);
    assert.deepEqual(asked, [2, 1, 3]);
    assert.deepEqual(border, { good: 1, bad: 3, unjudged: [2] });
  });

  test('asks nothing when good and bad are neighbours', async () => {
    const { asked, border } = await search(['good', 'bad']);
    assert.deepEqual(asked, []);
    assert.deepEqual(border, { good: 0, bad: 1, unjudged: [] });
  });

  test('passes on what the judge throws', async () => {
    const broken = searchBorder([1, 2, 3], () => Promise.reject(new Error('interrupted')));
    await assert.rejects(broken, /interrupted/);
  });

  test('1, 3, 7 and 15 candidates take 1, 2, 3 and 4 steps', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 7, 8, 15, 16].map(stepsFor), [0, 1, 2, 2, 3, 3, 4, 4, 5]);
  });
});
