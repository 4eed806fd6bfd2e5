import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matrixRuns, type MatrixRuns } from './matrix.js';
import { sampleTest } from './sample-suite.js';

const tests = [
  sampleTest({ title: 'quick' }),
  sampleTest({ title: 'waits', startsFirst: true }),
  sampleTest({ title: 'too' }),
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
      runs({
        tests: [
          ...Array.from({ length: waiting }, (_unused, n) =>
            sampleTest({ title: `w${n}`, startsFirst: true }),
          ),
          ...Array.from({ length: working }, (_unused, n) => sampleTest({ title: `r${n}` })),
        ],
      })[0]?.workers;
    // 3 x 18 s beside 62 x 3 s on two cores; 30 x 18 s beside 230 x 3 s; nothing beside them.
    assert.deepEqual([many(3, 62), many(30, 230), many(10, 0)], [1, 2, 3]);
  });
});
