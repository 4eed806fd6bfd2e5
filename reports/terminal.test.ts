import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleResult } from '../harness/results/sample-history.js';
import { BROKEN, MATRIX, NASTY, sampleResults, UNTESTED, VIEW } from './sample-results.js';
import { styleOf } from './style.js';
import { renderReport } from './terminal.js';

function report(...given: Parameters<typeof sampleResults>): string[] {
  return renderReport(sampleResults(...given), VIEW, styleOf({}, {})).split('\n');
}

describe('the report of a run', () => {
  it('shows what was tested, sums up what was not, and ends with the counts', () => {
    assert.deepEqual(report([sampleResult('LUID-01', 'pass'), UNTESTED]), [
      '',
      'id       verdict  level  subject     time  sentence or reason',
      'LUID-01  pass     MUST   reference  1.5 s  What LUID-01 says holds.',
      '',
      'no test in this run',
      '  LUID     1 of  2: 7',
      '',
      '1 of 2 requirements tested: 1 pass, 0 fail, 0 unknown, 0 infra, 0 not applicable (MUST 1 of 1 pass)',
      'results: /out/results.json (1 min 5 s)',
      '1 passed, 0 failed, 1 skipped',
      '',
    ]);
  });

  it('says of a sentence that rests on a choice of ours that it is a profile, not what should be', () => {
    const choice = { level: 'SHOULD', basis: 'profile' } as const;
    const text = report([
      sampleResult('IDM-56', 'pass', choice),
      sampleResult('IDM-59', 'fail', choice),
    ]).join('\n');
    assert.match(text, /^IDM-56 +pass +profile +reference/m);
    assert.match(text, /^fail IDM-59 \(profile\)$/m);
    assert.match(text, /\(profile 1 of 2 pass\)/);
    assert.doesNotMatch(text, /SHOULD/);
  });

  it('shows a failure with expected, seen, the events once, timeline, and how to see it again', () => {
    const lines = report([BROKEN]);
    assert.deepEqual(lines.slice(lines.indexOf('fail LUID-03 (MUST)')).slice(0, 14), [
      'fail LUID-03 (MUST)',
      '  sentence  What LUID-03 says holds.',
      '  expected  one log',
      '  seen      (nothing)',
      '  events    4-6, 9 (the test, in "two logs coexist")',
      '            … 2 lines before',
      '              1.000  L1 CTR "8 clustered-core 1" → ok (0.3)',
      '             12.500  L2 RESUME → -ESRCH (3.6) *',
      '  expected  success',
      '  seen      -ESRCH',
      '  events    4-6, 9 (the oracle, in "two logs coexist")',
      '  test      conformance/luid/coexistence.spec.ts',
      '  timeline  /out/tests/coexist/timeline.txt',
      "  again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5",
    ]);
  });

  it('lets no text act on the terminal', () => {
    const failures = [
      { by: 'oracle', expected: NASTY, seen: NASTY, events: [], lines: [NASTY], test: NASTY } as const,
    ];
    const nasty = sampleResult('LUID-03', 'fail', {
      reason: NASTY,
      failures: failures.map((failure) => ({ ...failure, events: [], lines: [...failure.lines] })),
    });
    const lines = report([nasty], { errors: [NASTY] });

    assert.ok(lines.every((line) => !/[\u0000-\u001f]/.test(line)));
  });

  it('shows a known defect as known, and says when one is gone', () => {
    const knownDefect = { kernels: '>=6.6', finding: 'Anybody may join.' };
    const text = report([sampleResult('TRN-04', 'fail', { known: true, knownDefect })]).join('\n');
    assert.match(text, /^TRN-04 {2}known {4}MUST/m);
    assert.match(text, /known defect TRN-04 \(MUST\)/);
    assert.match(
      report([sampleResult('TRN-04', 'pass', { knownDefect })]).join('\n'),
      /^gone TRN-04: the known defect of kernels >=6\.6 does not show here$/m,
    );
  });

  it('keeps what lies outside the selection apart', () => {
    const lines = report([
      sampleResult('LUID-01', 'pass'),
      sampleResult('SYNC-01', 'fail', { selected: false }),
    ]);
    assert.ok(
      lines.includes('seen broken on the way, outside the selection (does not change the exit status)'),
    );
    assert.equal(lines.filter((line) => line.startsWith('SYNC-01')).length, 0);
    assert.equal(lines.at(-2), '1 passed, 0 failed, 0 skipped');
  });

  it('names suites whose kernels were not considered, by reason', () => {
    const left = ['duke', 'forky', 'sid'].map((suite) => ({
      suite,
      reason: suite === 'sid' ? 'old' : 'no such',
    }));
    const lines = report([sampleResult('LUID-01', 'pass')], { suitesLeftOut: left });
    assert.ok(lines.includes('kernels of duke, forky were left out: no such'), lines.join('\n'));
    assert.ok(lines.includes('kernels of sid were left out: old'));
  });

  it('says when nothing was judged, was interrupted, or went wrong outside the tests', () => {
    assert.ok(
      report([UNTESTED]).includes(
        'nothing was judged: no selected requirement has a test that applies in this run',
      ),
    );
    assert.ok(
      report([UNTESTED], { interrupted: true }).includes(
        'interrupted: what had not ended by then is unknown',
      ),
    );
    assert.ok(report([UNTESTED], { errors: ['a worker died'] }).includes('infra a worker died'));
  });

  it('shows what the kernel reported', () => {
    const finding = {
      finding: 'oops',
      title: 'divide error in f',
      text: 'Oops: 0\nat x',
      event: 3,
      kernel: '6.12.107',
      test: 'a test',
      path: 'tests/a/history.jsonl',
    } as const;
    const findings = [finding, { ...finding, allowed: 'the test froze the daemon' }];
    const text = renderReport({ ...sampleResults([UNTESTED]), findings }, VIEW, styleOf({}, {}));
    assert.match(
      text,
      /the kernel reported: oops in "a test"\n {2}divide error in f\n {2}Oops: 0\n {2}at x\n {2}\/out\/tests\/a\/console\.log\n/,
    );
    assert.match(
      text,
      /the kernel reported: oops \(allowed: the test froze the daemon\) in "a test"\n {2}divide error in f\n {2}\/out\/tests/,
    );
  });

  it('shows several kernels as a matrix of what does not pass everywhere, and tells what they have in common once', () => {
    const lines = renderReport(MATRIX, VIEW, styleOf({}, {})).split('\n');
    assert.deepEqual(lines.slice(0, 20), [
      '',
      '             6.1.192  6.12.107  7.2.6',
      'LUID         2/2      1/2       1/2',
      '  LUID-03    pass     fail      fail',
      'SYNC         0/1      1/1       1/1',
      '  SYNC-01    unknown  pass      pass',
      'FLUSH        1/1      1/1       0/1',
      '  FLUSH-11q  pass     pass      changed',
      '',
      'no test in this run',
      '  LUID     1 of  3: 7',
      '',
      'changed between kernels',
      '  LUID-03: pass until 6.1.192, fail from 6.12.107',
      '  FLUSH-11q: as recorded until 6.12.107, changed from 7.2.6 (3 FLUSH)',
      '',
      'unknown SYNC-01 (MUST)',
      '  kernels   6.1.192',
      '  sentence  What SYNC-01 says holds.',
      '  reason    it is unknown after 19 ms',
    ]);
    const fail = lines.indexOf('fail LUID-03 (MUST)');
    assert.equal(lines[fail + 1], '  kernels   6.12.107, 7.2.6');
    assert.equal(lines.filter((line) => line === 'fail LUID-03 (MUST)').length, 1);
    assert.ok(lines.includes('  timeline  /out/6.12.107-cloud-amd64/tests/LUID-03/timeline.txt'));
    const down = lines.indexOf('kernels that were not tested');
    assert.deepEqual(lines.slice(down), [
      'kernels that were not tested',
      '  5.4.1   not-applicable: CONFIG_DM_LOG_USERSPACE is not set',
      '  6.17.1  infra: it does not boot Look at its console.',
      '',
      'kernel    release               suite   prepared  tests',
      '5.4.1     5.4.1-cloud-amd64     trixie  4.0 s     not-applicable',
      '6.1.192   6.1.192-cloud-amd64   trixie  4.0 s     1 min 0 s',
      '6.12.107  6.12.107-cloud-amd64  trixie  4.0 s     1 min 0 s',
      '6.17.1    6.17.1-cloud-amd64    trixie  4.0 s     infra',
      '7.2.6     7.2.6-cloud-amd64     trixie  4.0 s     1 min 0 s',
      '',
      '20 of 25 verdicts on 5 kernels tested: 8 pass, 2 fail, 1 unknown, 4 infra, 5 not applicable (MUST 6 of 15 pass, QUIRK 2 of 5 pass)',
      'results: /out/results.json (1 min 5 s)',
      '8 passed, 7 failed, 10 skipped',
      '',
    ]);
  });

  it('breaks a matrix into blocks that fit', () => {
    const lines = renderReport(MATRIX, VIEW, { ...styleOf({}, {}), width: 32 }).split('\n');
    assert.deepEqual(
      lines.filter((line) => /^ {6,}\d/.test(line)),
      ['             6.1.192  6.12.107', '             7.2.6'],
    );
  });

  it('tells of a single kernel that could not be tested once', () => {
    const [, , , down] = MATRIX.kernels;
    const requirements = MATRIX.requirements.filter(({ kernel }) => kernel === down?.label);
    const lines = renderReport(
      { ...MATRIX, kernels: down === undefined ? [] : [down], requirements },
      VIEW,
      styleOf({}, {}),
    );
    assert.equal(lines.match(/it does not boot/g)?.length, 1);
  });
});
