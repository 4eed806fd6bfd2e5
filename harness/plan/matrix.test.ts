import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matrixRuns, type MatrixRuns } from './matrix.js';
import { sampleTest } from './sample-suite.js';

const tests = [
  sampleTest({ title: 'quick' }),
  sampleTest({ title: 'waits', startsFirst: true }),
  sampleTest({ title: 'too' }),
];

/** So many tests that wait, and so many that work. */
const mixture = (waiting: number, working: number): MatrixRuns['tests'] => [
  ...Array.from({ length: waiting }, (_unused, n) => sampleTest({ title: `w${n}`, startsFirst: true })),
  ...Array.from({ length: working }, (_unused, n) => sampleTest({ title: `r${n}` })),
];

const runs = (given: Partial<MatrixRuns>): ReturnType<typeof matrixRuns> =>
  matrixRuns({
    ...{ kernels: [{ label: 'a' }], tests, daemon: 'reference', out: '/out' },
    machine: { workers: 3, cores: 2 },
    ...given,
  });

describe('the runs of a matrix', () => {
  it('are one for what waits and one for the rest, kernel after kernel, each in its folder', () => {
    assert.deepEqual(
      runs({ kernels: [{ label: 'a' }, { label: 'b' }] }).map((run) => [
        ...[run.project, run.kernel, run.directory],
        run.tests.map(({ title }) => title).join(),
      ]),
      [
        ['a/first', 'a', '/out/a', 'waits'],
        ['a/run', 'a', '/out/a', 'quick,too'],
        ['b/first', 'b', '/out/b', 'waits'],
        ['b/run', 'b', '/out/b', 'quick,too'],
      ],
    );
  });

  it('are one for each kernel but the last when a single worker can do the waiting', () => {
    const kernels = [{ label: 'a' }, { label: 'b' }];
    assert.deepEqual(
      runs({ kernels, tests: mixture(1, 40) }).map((run) => [run.project, run.tests.length, run.workers]),
      [
        ['a/run', 41, undefined],
        ['b/first', 1, 1],
        ['b/run', 40, undefined],
      ],
    );
  });

  it('have no folder and no name of a kernel when there is one only', () => {
    assert.deepEqual(
      runs({}).map(({ project, directory }) => [project, directory]),
      [
        ['first', '/out'],
        ['run', '/out'],
      ],
    );
  });

  it('let as many tests wait at a time as keeps the cores busy meanwhile', () => {
    const many = (waiting: number, working: number): number | undefined =>
      runs({ tests: mixture(waiting, working) })[0]?.workers;
    // 3 x 18 s beside 62 x 3 s on two cores; 30 x 18 s beside 230 x 3 s; nothing beside them.
    assert.deepEqual([many(3, 62), many(30, 230), many(10, 0)], [1, 2, 3]);
  });
});
