import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunResults } from '../results/model.js';
import { sampleKernel, sampleResult } from '../results/sample-history.js';
import { sampleResults } from '../../reports/sample-results.js';
import { judgeResults } from './judge-results.js';

const FAILURES_ONLY = { findings: false };

function judged(results: RunResults, badIf = FAILURES_ONLY): string {
  const { finding, reason } = judgeResults(results, badIf);
  return reason === '' ? finding : `${finding}: ${reason}`;
}

const PASS = sampleResult('LUID-01', 'pass');
const PANIC: RunResults['findings'][number] = {
  ...{ finding: 'panic', title: 'kernel panic: Oops', text: '', event: 3 },
  ...{ kernel: '6.12.107', test: 'a test', path: 'tests/a/history.jsonl' },
};

describe('what a run says about its kernel, for a search', () => {
  test('good: something passed, and nothing is in doubt', () => {
    const inapplicable = sampleResult('DISK-02', 'not-applicable', {
      reason: 'the daemon claims no disk log',
    });
    assert.equal(judged(sampleResults([PASS, inapplicable])), 'good');
  });

  test('bad: a failure, known or not, of a MUST or not, whatever else is in doubt', () => {
    const broken = sampleResult('LUID-03', 'fail', { reason: 'expected one log; seen two' });
    const doubtful = sampleResult('SYNC-01', 'infra', { reason: 'the node did not boot' });
    assert.equal(judged(sampleResults([doubtful, broken])), 'bad: LUID-03: expected one log; seen two');
    const known = sampleResult('TRN-04', 'fail', { known: true, level: 'SHOULD', reason: 'joined' });
    assert.equal(
      judged(sampleResults([broken, known])),
      'bad: LUID-03: expected one log; seen two (and 1 more)',
    );
  });

  test('not to be judged: results of several kernels, even if one of them failed', () => {
    const kernels = [sampleKernel(), sampleKernel({ label: 'other' })];
    const broken = sampleResult('LUID-03', 'fail');
    assert.match(judged({ ...sampleResults([PASS, broken]), kernels }), /^unjudged: .* 6\.12\.107, other$/);
  });

  test('bad: a quirk that changed', () => {
    const changed = sampleResult('FLUSH-11q', 'not-applicable', { level: 'QUIRK', reason: 'changed: two' });
    assert.equal(judged(sampleResults([PASS, changed])), 'bad: FLUSH-11q: changed: two');
  });

  test('what is not selected says nothing', () => {
    const other = sampleResult('LUID-03', 'fail', { selected: false });
    assert.equal(judged(sampleResults([PASS, other])), 'good');
  });

  test('not to be judged: infra, unknown, errors of the run, a kernel that was not tested, nothing tested', () => {
    const infra = sampleResult('SYNC-01', 'infra', { reason: 'the host\nwas busy' });
    assert.equal(judged(sampleResults([PASS, infra])), 'unjudged: infra: SYNC-01: the host');
    const unknown = sampleResult('FLUSH-01', 'unknown', { reason: 'the situation never occurred' });
    assert.equal(
      judged(sampleResults([PASS, unknown])),
      'unjudged: unknown: FLUSH-01: the situation never occurred',
    );
    assert.match(judged(sampleResults([PASS], { errors: ['a worker died'] })), /^unjudged: a worker died/);
    const untested = sampleKernel({ state: 'infra', reason: 'it does not boot' });
    assert.match(judged({ ...sampleResults([PASS]), kernels: [untested] }), /^unjudged: it does not boot/);
    assert.equal(judged(sampleResults([])), 'unjudged: nothing was tested');
    const inapplicable = sampleResult('DISK-02', 'not-applicable', { reason: 'no disk log' });
    assert.equal(judged(sampleResults([inapplicable])), 'unjudged: not applicable: DISK-02: no disk log');
  });

  test('a panic: not to be judged, unless that is what is searched for; allowed ones say nothing', () => {
    const panicked = { ...sampleResults([PASS]), findings: [PANIC] };
    assert.equal(
      judged(panicked),
      'unjudged: the kernel reported: panic: kernel panic: Oops (--findings makes that bad)',
    );
    assert.equal(judged(panicked, { findings: true }), 'bad: the kernel reported: panic: kernel panic: Oops');
    const allowed = { ...panicked, findings: [{ ...PANIC, allowed: 'the test is about it' }] };
    assert.equal(judged(allowed, { findings: true }), 'good');
  });

  test('a program: bad by its first failed result', () => {
    const program = {
      test: 'self test',
      file: 'x.ts',
      kernel: '6.12.107',
      problems: [],
      directory: '',
      durationMs: 1,
    };
    const result = { number: 1, reason: '', diagnostic: '', printed: true };
    const failed = {
      ...program,
      verdict: 'fail' as const,
      results: [{ ...result, path: ['bind', 'is refused'], verdict: 'fail' as const }],
    };
    const results = sampleResults([]);
    assert.equal(
      judged({ ...results, programs: [failed] }),
      'bad: the program "self test": bind > is refused',
    );
    assert.equal(judged({ ...results, programs: [{ ...failed, verdict: 'pass', results: [] }] }), 'good');
    assert.match(
      judged({ ...results, programs: [{ ...failed, verdict: 'unknown', results: [] }] }),
      /^unjudged/,
    );
  });
});
