import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Parser, type FinalResults, type Result } from 'tap-parser';
import type { RunResults } from '../harness/results/model.js';
import { sampleResult } from '../harness/results/sample-history.js';
import { parseTap } from '../harness/tap/index.js';
import { ktapBailOut, ktapBody, ktapHead } from './ktap.js';
import { BROKEN, EVERY, KNOWN, MATRIX, NASTY, sampleResults, UNTESTED, VIEW } from './sample-results.js';

function ktap(results: RunResults): string {
  return ktapHead(results.requirements.filter(({ selected }) => selected).length) + ktapBody(results, VIEW);
}

/** What a TAP consumer makes of it: `ok 1 name`, and whether the whole is good. */
function parsed(text: string): { readonly lines: string[]; readonly final: FinalResults } {
  const lines: string[] = [];
  const parser = new Parser();
  let final: FinalResults | undefined;
  parser.on('assert', ({ ok, id, name }: Result) => lines.push(`${ok ? 'ok' : 'not ok'} ${id} ${name}`));
  parser.on('complete', (results: FinalResults) => (final = results));
  // KTAP's version line is the only one that TAP does not know.
  parser.end(text.replace(/^KTAP version 1\n/, 'TAP version 13\n'));
  assert.ok(final !== undefined);
  return { lines, final };
}

describe('KTAP', () => {
  it('has the plan first, then a line for each selected requirement, with its verdict told apart', () => {
    assert.equal(
      ktap(sampleResults(EVERY)),
      `KTAP version 1
1..7
ok 1 LUID-01 What LUID-01 says holds.
# LUID-03: sentence  What LUID-03 says holds.
# LUID-03: expected  one log
# LUID-03: seen      (nothing)
# LUID-03: events    4-6, 9 (the test, in "two logs coexist")
# LUID-03:           … 2 lines before
# LUID-03:             1.000  L1 CTR "8 clustered-core 1" → ok (0.3)
# LUID-03:            12.500  L2 RESUME → -ESRCH (3.6) *
# LUID-03: expected  success
# LUID-03: seen      -ESRCH
# LUID-03: events    4-6, 9 (the oracle, in "two logs coexist")
# LUID-03: test      conformance/luid/coexistence.spec.ts
# LUID-03: timeline  /out/tests/coexist/timeline.txt
# LUID-03: again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5
not ok 2 LUID-03 What LUID-03 says holds.
ok 3 LUID-07 What LUID-07 says holds. # SKIP no test
# FLUSH-01: sentence  What FLUSH-01 says holds.
# FLUSH-01: reason    the situation never occurred
# FLUSH-01: test      conformance/luid/coexistence.spec.ts
# FLUSH-01: timeline  /out/tests/coexist/timeline.txt
# FLUSH-01: again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5
not ok 4 FLUSH-01 What FLUSH-01 says holds. # ERROR unknown: the situation never occurred
# SYNC-01: sentence  What SYNC-01 says holds.
# SYNC-01: reason    the node did not boot
# SYNC-01:           within 60 s
# SYNC-01: test      conformance/luid/coexistence.spec.ts
# SYNC-01: timeline  /out/tests/coexist/timeline.txt
# SYNC-01: again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5
not ok 5 SYNC-01 What SYNC-01 says holds. # ERROR infra: the node did not boot within 60 s
ok 6 DISK-02 What DISK-02 says holds. # SKIP the daemon claims no disk log
# TRN-04: sentence  What TRN-04 says holds.
# TRN-04: known     Anybody may join. (kernels >=6.6)
# TRN-04: reason    it is fail
# TRN-04: test      conformance/luid/coexistence.spec.ts
# TRN-04: timeline  /out/tests/coexist/timeline.txt
# TRN-04: again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5
not ok 7 TRN-04 What TRN-04 says holds. # XFAIL known defect: Anybody may join. it is fail
# 1 passed, 4 failed, 2 skipped
`,
    );
  });

  it('is what a TAP parser reads as meant', () => {
    const { lines, final } = parsed(ktap(sampleResults(EVERY)));
    assert.equal(final.ok, false);
    assert.deepEqual(
      [final.plan.end, final.count, final.pass, final.fail, final.skip, final.bailout],
      [7, 7, 3, 4, 2, false],
    );
    assert.equal(lines[1], 'not ok 2 LUID-03 What LUID-03 says holds.');
    const good = parsed(ktap(sampleResults([sampleResult('LUID-01', 'pass'), UNTESTED])));
    assert.equal(good.final.ok, true);
  });

  it('makes a known defect an ordinary failure with --strict', () => {
    const { run } = sampleResults([]);
    const strict = sampleResults([KNOWN], { options: { ...run.options, strict: true } });
    assert.match(ktap(strict), /^not ok 1 TRN-04 What TRN-04 says holds\.$/m);
  });

  it('keeps one line for one thing, whatever the texts hold', () => {
    const nasty = sampleResult('LUID-03', 'fail', {
      sentence: NASTY,
      reason: NASTY,
      failures: [
        { by: 'oracle', expected: NASTY, seen: NASTY, events: [], lines: [NASTY], test: NASTY },
        { by: 'oracle', expected: 'x'.repeat(5000), seen: 'not ok 9 x\nok 8 y\n1..3', events: [], test: 't' },
      ],
    });
    const text = ktap(sampleResults([nasty, sampleResult('SYNC-01', 'infra', { reason: NASTY.repeat(50) })]));
    const { lines, final } = parsed(text);
    assert.deepEqual([final.count, final.fail, final.plan.end], [2, 2, 2]);
    assert.equal(lines.length, 2);

    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]/);
    for (const line of text.trimEnd().split('\n').slice(2))
      assert.match(line, /^(# |not ok [12] [A-Z]+-\d\d )/);
    const described = text.split('\n').filter((line) => line.startsWith('not ok'));
    assert.equal(
      described[0],
      'not ok 1 LUID-03 a "quoted" <b>&amp;</b> ＃1 /＃ % : , | `x` red  ::error::x ✓ 😀 ]]> (',
    );
    assert.ok((described[1]?.length ?? 0) < 400);
  });

  it('leaves the plan of an interrupted run unfulfilled, and says what had ended', () => {
    const pending = { title: 'late', file: 'x', verdict: 'unknown', directory: '' } as const;
    const late = sampleResult('LUID-02', 'unknown', { tests: [pending] });
    const text = ktap(sampleResults([sampleResult('LUID-01', 'pass'), late, BROKEN], { interrupted: true }));
    assert.match(text, /^1\.\.3\nok 1 LUID-01 /m);
    assert.match(text, /^not ok 2 LUID-03 /m);
    assert.doesNotMatch(text, /LUID-02/);
    assert.match(text, /\nBail out! interrupted: what had not ended by then is unknown\n$/);
    assert.equal(parsed(text).final.ok, false);
    assert.equal(parsed(ktapHead(3)).final.ok, false, 'a run that died after the plan');
    assert.equal(parsed(ktapHead(3) + ktapBailOut('no QEMU')).final.bailout, 'no QEMU');
  });

  it('is never all good when something went wrong outside the tests, or nothing was judged', () => {
    const broken = ktap(sampleResults([sampleResult('LUID-01', 'pass')], { errors: ['a worker died'] }));
    assert.match(broken, /^not ok 2 run # ERROR infra: a worker died$/m);
    assert.match(broken, /\nBail out! a worker died\n$/);
    const silent = ktap(sampleResults([UNTESTED]));
    assert.match(silent, /^Bail out! nothing was judged/m);
    const unclaimed = sampleResult('DISK-01', 'not-applicable', { reason: 'the profile does not claim it' });
    assert.match(ktap(sampleResults([unclaimed])), /^Bail out! nothing was judged/m);
    const aside = { ...sampleResult('LUID-03', 'fail'), selected: false };
    assert.match(ktap(sampleResults([unclaimed, aside])), /^Bail out! nothing was judged/m);
    const changed = sampleResult('TRN-12q', 'not-applicable', { reason: 'changed: it returns 0' });
    assert.doesNotMatch(ktap(sampleResults([changed])), /nothing was judged/);
    assert.deepEqual([parsed(broken).final.ok, parsed(silent).final.ok], [false, false]);
  });

  it('tells of what lies outside the selection, of findings and of defects that are gone, in diagnostics', () => {
    const { knownDefect } = KNOWN;
    const results = sampleResults([
      sampleResult('TRN-04', 'pass', { knownDefect }),
      { ...BROKEN, selected: false },
    ]);
    const finding = {
      finding: 'oops',
      title: 'divide error in f',
      text: 'Oops: 0\nat x',
      event: 3,
      kernel: '6.12.107',
      test: 'a test',
      path: 'x',
    } as const;
    const allowed = { ...finding, title: 'known', allowed: 'it is provoked' };
    const text = ktap({ ...results, findings: [finding, allowed] });
    assert.match(text, /^1\.\.1$/m);
    assert.match(text, /^# LUID-03: seen broken on the way, outside the selection$/m);
    assert.match(
      text,
      /^not ok 2 kernel # ERROR unknown: the kernel reported in "a test": oops: divide error in f$/m,
    );
    assert.match(text, /^# the kernel reported in "a test": oops: known .*$/m);
    assert.match(text, /^# TRN-04: the known defect of kernels >=6\.6 does not show here$/m);
  });

  describe('of several kernels', () => {
    const text = ktapHead(5, MATRIX.kernels.length) + ktapBody(MATRIX, VIEW);

    it('has a test for each kernel, with the requirements as its subtests', () => {
      assert.deepEqual(
        text.split('\n').filter((line) => !/^ *# (?:LUID|SYNC)/.test(line)),
        `KTAP version 1
1..5
ok 1 5.4.1 5.4.1-cloud-amd64 # SKIP CONFIG_DM_LOG_USERSPACE is not set
  KTAP version 1
  1..5
  ok 1 LUID-01 What LUID-01 says holds.
  ok 2 LUID-03 What LUID-03 says holds.
  not ok 3 SYNC-01 What SYNC-01 says holds. # ERROR unknown: it is unknown after 19 ms
  ok 4 FLUSH-11q What FLUSH-11q says holds.
  ok 5 LUID-07 What LUID-07 says holds. # SKIP no test
not ok 2 6.1.192 6.1.192-cloud-amd64 # ERROR unknown: nothing can be said of 1
  KTAP version 1
  1..5
  ok 1 LUID-01 What LUID-01 says holds.
  not ok 2 LUID-03 What LUID-03 says holds.
  ok 3 SYNC-01 What SYNC-01 says holds.
  ok 4 FLUSH-11q What FLUSH-11q says holds.
  ok 5 LUID-07 What LUID-07 says holds. # SKIP no test
not ok 3 6.12.107 6.12.107-cloud-amd64
not ok 4 6.17.1 6.17.1-cloud-amd64 # ERROR infra: it does not boot Look at its console.
  KTAP version 1
  1..5
  ok 1 LUID-01 What LUID-01 says holds.
  not ok 2 LUID-03 What LUID-03 says holds.
  ok 3 SYNC-01 What SYNC-01 says holds.
  ok 4 FLUSH-11q What FLUSH-11q says holds. # SKIP changed: 3 FLUSH
  ok 5 LUID-07 What LUID-07 says holds. # SKIP no test
not ok 5 7.2.6 7.2.6-cloud-amd64
# changed between kernels: LUID-03: pass until 6.1.192, fail from 6.12.107
# changed between kernels: FLUSH-11q: as recorded until 6.12.107, changed from 7.2.6 (3 FLUSH)
# 8 passed, 7 failed, 10 skipped
`.split('\n'),
      );
    });

    it('is what our own reader of KTAP reads as meant', () => {
      const { results, problems } = parseTap(text, 'ktap');
      assert.deepEqual(problems, []);
      const count = (verdict: string): number =>
        results.filter((result) => result.verdict === verdict).length;
      // The two of LUID-03, and the kernels that they belong to.
      assert.deepEqual([count('pass'), count('fail')], [8, 4]);
    });

    it('does not call a kernel good of which nothing was judged', () => {
      const requirements = MATRIX.requirements.map((result) =>
        result.kernel === '7.2.6-cloud-amd64'
          ? { ...result, verdict: 'not-applicable' as const, reason: 'no disk log', known: false }
          : result,
      );
      const lines = ktapBody({ ...MATRIX, requirements }, VIEW).split('\n');
      assert.ok(lines.includes('ok 5 7.2.6 7.2.6-cloud-amd64 # SKIP there is no result but skipped ones'));
    });

    it('counts a kernel with nothing but known defects as good', () => {
      const known = MATRIX.requirements.map((result) =>
        result.verdict === 'fail'
          ? { ...result, known: true, knownDefect: { kernels: '>=6.6', finding: 'as it is' } }
          : result,
      );
      const lines = ktapBody({ ...MATRIX, requirements: known }, VIEW).split('\n');
      assert.ok(lines.includes('ok 5 7.2.6 7.2.6-cloud-amd64'));
      assert.ok(lines.some((line) => line.startsWith('not ok 2 6.1.192 6.1.192-cloud-amd64')));
    });
  });
});
