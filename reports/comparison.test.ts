import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareWithBaseline, recordBaseline } from '../harness/results/baseline.js';
import { compareResults } from '../harness/results/compare-results.js';
import type { RequirementResult } from '../harness/results/model.js';
import { sampleKernel, sampleResult } from '../harness/results/sample-history.js';
import { sampleRun } from '../harness/results/sample-run.js';
import { renderBaselineDiff, renderUnrecordable } from './baseline-diff.js';
import { renderComparison } from './comparison.js';
import { NASTY } from './sample-results.js';
import { styleOf } from './style.js';

const KERNELS = ['6.1.192', '7.2.6', '7.2.12'].map((version) =>
  sampleKernel({ label: version, release: version, version }),
);

/** Results in which `changed` says something else of LUID-03 on 7.2. */
function results(verdict: RequirementResult['verdict'], reason = `it is ${verdict}`, durationMs = 1000) {
  return sampleRun(
    KERNELS,
    KERNELS.flatMap(({ label: kernel }) => [
      sampleResult('LUID-01', 'pass', { kernel }),
      sampleResult('LUID-03', kernel.startsWith('7') ? verdict : 'pass', {
        kernel,
        reason,
        tests: [{ title: 'a swap', file: 'f', verdict, directory: 'd', durationMs }],
      }),
    ]),
  );
}

const STYLE = styleOf({}, {});

describe('the difference of two runs', () => {
  it('is told once for all kernels, with the times of both', () => {
    const lines = renderComparison(
      compareResults(results('pass'), results('fail', 'seen two', 4000)),
      ['a', 'b'],
      STYLE,
    ).split('\n');
    assert.deepEqual(lines, [
      '- a',
      '+ b',
      '',
      'verdicts',
      'LUID-03 on 7.2.6, 7.2.12',
      '  - pass',
      '  + fail: seen two',
      '',
      'times',
      '  6.1.192  prepared  4.0 s -> 4.0 s (+0 %)',
      '  6.1.192  tests     1 min 0 s -> 1 min 0 s (+0 %)',
      '  7.2.6    prepared  4.0 s -> 4.0 s (+0 %)',
      '  7.2.6    tests     1 min 0 s -> 1 min 0 s (+0 %)',
      '  7.2.12   prepared  4.0 s -> 4.0 s (+0 %)',
      '  7.2.12   tests     1 min 0 s -> 1 min 0 s (+0 %)',
      '',
      'tests that took much more or less time',
      '  1.0 s -> 4.0 s (+300 %)       a swap (6.1.192)',
      '  1.0 s -> 4.0 s (+300 %)       a swap (7.2.6)',
      '  1.0 s -> 4.0 s (+300 %)       a swap (7.2.12)',
      '',
      'different: 2 of 6 verdicts on 3 kernels',
      '',
    ]);
    const same = renderComparison(compareResults(results('pass'), results('pass')), ['a', 'b'], STYLE);
    assert.match(same, /\nthe same: 6 verdicts on 3 kernels\n$/);
  });

  it('lets no text act on the terminal', () => {
    const text = renderComparison(compareResults(results('pass'), results('fail', NASTY)), ['a', 'b'], STYLE);
    assert.ok(text.split('\n').every((line) => !/[\u0000-\u001f]/.test(line)));
  });
});

describe('the difference from a baseline', () => {
  const baseline = recordBaseline(results('pass'), undefined);

  it('is a diff, once for all kernels', () => {
    assert.equal(
      renderBaselineDiff(compareWithBaseline(results('fail', 'seen two'), baseline), 'base.yaml', STYLE),
      `not as expected: 2 differences from base.yaml (quick tier)
LUID-03 (MUST) on 7.2.6, 7.2.12
  - pass
  + fail
      seen two
`,
    );
  });

  it('is told to be none, with the kernels that were not run', () => {
    const run = results('pass');
    const part = { ...run, kernels: run.kernels.slice(0, 1) };
    assert.equal(
      renderBaselineDiff(compareWithBaseline(part, baseline), 'base.yaml', STYLE),
      'as expected: 3 expectations of base.yaml (quick tier)\n  not run   7.2.6, 7.2.12\n',
    );
  });

  it('lets no text act on the terminal', () => {
    const { differences } = compareWithBaseline(results('infra', NASTY), baseline);
    const texts = [
      renderBaselineDiff(compareWithBaseline(results('fail', NASTY), baseline), 'base.yaml', STYLE),
      renderUnrecordable(differences, 'base.yaml'),
    ];
    for (const line of texts.join('').split('\n')) assert.ok(!/[\u0000-\u001f]/.test(line), line);
  });
});
