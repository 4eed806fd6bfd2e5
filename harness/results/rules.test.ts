/** The rules that make verdicts of judgements and an exit status of verdicts (docs/architecture.md, Verdicts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ExitCircumstances, exitStatus } from './exit-status.js';
import { kernelInRange } from './kernel-range.js';
import { VERDICTS, type RequirementResult, type Verdict } from './model.js';
import { sampleResult } from './sample-history.js';
import { lastLine, summarise } from './summary.js';
import { combineVerdicts } from './verdict.js';

describe('the verdict over several tests', () => {
  const cases: readonly (readonly [readonly Verdict[], Verdict])[] = [
    [[], 'unknown'],
    [['pass'], 'pass'],
    [['pass', 'pass'], 'pass'],
    [['pass', 'not-applicable'], 'pass'],
    [['not-applicable', 'not-applicable'], 'not-applicable'],
    [['pass', 'unknown'], 'unknown'],
    [['unknown', 'infra', 'pass'], 'infra'],
    [['infra', 'fail', 'pass', 'unknown'], 'fail'],
  ];
  for (const [verdicts, combined] of cases) {
    it(`of ${verdicts.join(', ') || 'none'} is ${combined}`, () =>
      assert.equal(combineVerdicts(verdicts), combined));
  }

  it('does not depend on order or repetition', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...VERDICTS)), (verdicts) => {
        assert.equal(combineVerdicts(verdicts), combineVerdicts([...verdicts, ...verdicts].reverse()));
      }),
    );
  });
});

const untested = sampleResult('LUID-09', 'unknown', { reason: 'no test', tests: [] });
const should = { level: 'SHOULD' } as const;
const known = { known: true, knownDefect: { kernels: '>=6.6', finding: 'x' } };

describe('the exit status', () => {
  const quiet: ExitCircumstances = { interrupted: false, errors: [], findings: [], strict: false };
  const cases: readonly (readonly [
    string,
    readonly RequirementResult[],
    Partial<ExitCircumstances>,
    number,
  ])[] = [
    ['all pass', [sampleResult('A-01', 'pass'), untested], {}, 0],
    ['a MUST fails', [sampleResult('A-01', 'fail'), sampleResult('A-02', 'unknown')], {}, 1],
    ['a MUST is unknown', [sampleResult('A-01', 'unknown'), sampleResult('A-02', 'pass')], {}, 2],
    ['infra comes before a failure', [sampleResult('A-01', 'fail'), sampleResult('A-02', 'infra')], {}, 69],
    ['interruption comes before everything', [sampleResult('A-01', 'infra')], { interrupted: true }, 130],
    ['nothing selected', [], {}, 69],
    ['nothing tested', [untested], {}, 69],
    ['nothing judged, all not applicable', [sampleResult('A-01', 'not-applicable')], {}, 69],
    [
      'a quirk that changed was judged',
      [sampleResult('A-01q', 'not-applicable', { reason: 'changed: 3' })],
      {},
      0,
    ],
    ['a SHOULD fails', [sampleResult('A-01', 'fail', should)], {}, 0],
    ['a SHOULD is unknown', [sampleResult('A-01', 'unknown', should)], {}, 0],
    ['a quirk is unknown', [sampleResult('A-01q', 'unknown')], {}, 0],
    ['infra on a SHOULD is infra all the same', [sampleResult('A-01', 'infra', should)], {}, 69],
    ['a known defect', [sampleResult('A-01', 'fail', known), sampleResult('A-02', 'pass')], {}, 0],
    ['a known defect with --strict', [sampleResult('A-01', 'fail', known)], { strict: true }, 1],
    [
      'a failure outside the selection',
      [sampleResult('A-01', 'fail', { selected: false }), sampleResult('A-02', 'pass')],
      {},
      0,
    ],
    ['the kernel reported something', [sampleResult('A-01', 'pass')], { findings: [{}] }, 2],
    [
      'the kernel reported something in a test about a quirk',
      [sampleResult('A-01q', 'not-applicable', { reason: 'changed: x' })],
      { findings: [{}] },
      2,
    ],
    ['a failure and a report of the kernel', [sampleResult('A-01', 'fail')], { findings: [{}] }, 1],
    [
      'all that the kernel reported is allowed',
      [sampleResult('A-01', 'pass')],
      { findings: [{ allowed: 'x' }] },
      0,
    ],
    ['a failure that only the oracle saw', [sampleResult('A-01', 'fail', { tests: [] })], {}, 1],
  ];
  for (const [what, results, circumstances, status] of cases) {
    it(`is ${status}: ${what}`, () =>
      assert.equal(exitStatus(results, { ...quiet, ...circumstances }), status));
  }

  it('is 69 when something outside the tests went wrong', () => {
    assert.equal(exitStatus([sampleResult('A-01', 'pass')], { ...quiet, errors: ['a worker died'] }), 69);
  });
});

describe('the last line', () => {
  it('counts fail, infra and tested unknown as failed, the rest that is no pass as skipped', () => {
    const results = [
      sampleResult('A-01', 'pass'),
      sampleResult('A-02', 'fail'),
      sampleResult('A-03', 'infra'),
      sampleResult('A-04', 'unknown'),
      sampleResult('A-05', 'not-applicable'),
      untested,
      sampleResult('A-06', 'fail', { selected: false }),
    ];
    assert.equal(lastLine(results), '1 passed, 3 failed, 2 skipped');
    assert.deepEqual(summarise(results), { pass: 1, fail: 1, unknown: 2, infra: 1, notApplicable: 1 });
  });
});

describe('a range of kernels', () => {
  const cases = [
    ['6.12.107+deb13-cloud-amd64', '>=6.6', true],
    ['6.6.0', '>=6.6', true],
    ['6.1.192', '>=6.6', false],
    ['6.10.1', '>=6.6 <6.12', true],
    ['6.12.107', '>=6.6 <6.12', false],
    ['6.12.107', '6.12', true],
    ['6.1.1', '6.12', false],
    ['7.3-rc7', '>7.2', true],
    ['6.12.107', '<=6.12', true],
    ['custom', '>=2.6', false],
  ] as const;
  for (const [release, range, inside] of cases) {
    it(`${range} ${inside ? 'holds' : 'does not hold'} ${release}`, () =>
      assert.equal(kernelInRange(release, range), inside));
  }

  it('must be one', () => {
    assert.throws(
      () => kernelInRange('6.12', 'since 6.6'),
      new Error('"since 6.6" is no range of kernels: "since" should be a bound such as >=6.6'),
    );
  });
});
