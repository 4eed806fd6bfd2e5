import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHANGED } from '../harness/results/judgement.js';
import type { RunResults } from '../harness/results/model.js';
import { sampleResult } from '../harness/results/sample-history.js';
import { commandData, commandProperty, renderAnnotations } from './github.js';
import { renderStepSummary } from './step-summary.js';
import { BROKEN, EVERY, KNOWN, MATRIX, NASTY, sampleResults, UNTESTED, VIEW } from './sample-results.js';

/** The annotations as lines, without their text. */
function heads(results: RunResults): string[] {
  return lines(results).map((line) => /^(::\w+ .*?::)/.exec(line)?.[1] ?? line);
}

function lines(results: RunResults): string[] {
  const text = renderAnnotations(results, VIEW, (file) => ({ file, line: 7 }));
  return text === '' ? [] : text.trimEnd().split('\n');
}

const PLACE = 'file=conformance/luid/coexistence.spec.ts,line=7';

describe('annotations for GitHub', () => {
  it('are as loud as the verdict, and point to the test', () => {
    assert.deepEqual(heads(sampleResults(EVERY)), [
      `::error ${PLACE},title=LUID-03 fail (MUST%2C reference)::`,
      `::warning ${PLACE},title=FLUSH-01 unknown (MUST%2C reference)::`,
      `::warning ${PLACE},title=SYNC-01 infra (MUST%2C reference)::`,
      `::notice ${PLACE},title=TRN-04 known defect (MUST%2C reference)::`,
    ]);
  });

  it('say what was expected and seen, the events, and how to see it again', () => {
    const [line] = lines(sampleResults([BROKEN]));
    assert.equal(
      line,
      `::error ${PLACE},title=LUID-03 fail (MUST%2C reference)::What LUID-03 says holds.%0A%0A` +
        'expected  one log%0Aseen      (nothing)%0Aevents    4-6, 9 (the test, in "two logs coexist")%0A' +
        '          … 2 lines before%0A            1.000  L1 CTR "8 clustered-core 1" → ok (0.3)%0A' +
        '           12.500  L2 RESUME → -ESRCH (3.6) *%0Aexpected  success%0Aseen      -ESRCH%0A' +
        'events    4-6, 9 (the oracle, in "two logs coexist")%0Atest      conformance/luid/coexistence.spec.ts%0A' +
        'timeline  /out/tests/coexist/timeline.txt%0A' +
        "again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5",
    );
  });

  it('escape as the runner of GitHub unescapes', () => {
    assert.equal(commandData('50% a:b,c\r\nd'), '50%25 a:b,c%0D%0Ad');
    assert.equal(commandProperty('50% a:b,c\r\nd'), '50%25 a%3Ab%2Cc%0D%0Ad');
    const nasty = sampleResult('LUID-03', 'fail', { sentence: NASTY, reason: NASTY, subjectName: NASTY });
    assert.equal(lines(sampleResults([nasty], { errors: [NASTY] })).length, 2);
  });

  it('tell of gone defects, changed quirks, and what lies outside the selection', () => {
    const { knownDefect } = KNOWN;
    const results = sampleResults([
      sampleResult('TRN-04', 'pass', { knownDefect }),
      sampleResult('CTR-09q', 'not-applicable', { reason: `${CHANGED}it answers` }),
      { ...BROKEN, selected: false },
    ]);
    assert.deepEqual(heads(results), [
      `::warning ${PLACE},title=TRN-04 defect gone (MUST%2C reference)::`,
      `::warning ${PLACE},title=LUID-03 fail (MUST%2C reference)::`,
      `::notice ${PLACE},title=CTR-09q not-applicable (QUIRK%2C reference)::`,
    ]);
  });

  it('are at most ten of a kind, the heaviest first, the last with what is left', () => {
    const should = sampleResult('FLUSH-01', 'fail', { level: 'SHOULD' });
    const musts = Array.from({ length: 12 }, (_, n) => sampleResult(`LUID-${n + 10}`, 'fail'));
    const all = heads(sampleResults([should, ...musts]));
    assert.equal(all.length, 10);
    assert.match(all[0] ?? '', /title=LUID-10 fail/);
    assert.equal(all[9], '::error title=and 4 more::');
    assert.match(
      lines(sampleResults([should, ...musts]))[9] ?? '',
      /LUID-19 fail .*%0A.*FLUSH-01 fail \(SHOULD/,
    );
  });

  it('tell of trouble with the run as a whole, and of what the kernel reported', () => {
    const finding = {
      finding: 'oops',
      title: 'divide error in f',
      text: 'Oops: 0\nat x',
      event: 3,
      kernel: '6.12.107',
      test: 'a test',
      path: 'x',
    } as const;
    const results = { ...sampleResults([UNTESTED], { errors: ['a worker died'] }), findings: [finding] };
    assert.deepEqual(lines(results), [
      '::error title=ulogcheck::a worker died',
      '::error title=ulogcheck::nothing was judged: no selected requirement has a test that applies in this run',
      '::error title=the kernel reported in "a test"%3A oops%3A divide error in f::Oops: 0%0Aat x',
    ]);
    assert.deepEqual(lines(sampleResults([sampleResult('LUID-01', 'pass')])), []);
  });
});

describe('the summary for GitHub', () => {
  it('has the counts, a table of what did not pass, and the details folded', () => {
    const text = renderStepSummary(sampleResults(EVERY), VIEW);
    assert.ok(
      text.startsWith(`### ulogcheck: reference on 6.12.107, trixie (LVM 2.03.31)

| pass | fail | unknown | infra | not applicable | without a test |
|---:|---:|---:|---:|---:|---:|
| 1 | 2 | 1 | 1 | 1 | 1 |


| id | verdict | level | subject | reason |
|---|---|---|---|---|
| LUID-03 | fail | MUST | reference | expected one log; seen two (and 1 more) |
| FLUSH-01 | unknown | MUST | reference | the situation never occurred |
| SYNC-01 | infra | MUST | reference | the node did not boot within 60 s |
| TRN-04 | known defect | MUST | reference | known defect: Anybody may join. it is fail |

<details><summary>LUID-03</summary>

\`\`\`text
What LUID-03 says holds.

expected  one log
`),
      text,
    );
  });

  it('keeps its tables whatever the texts hold, and stays below what GitHub takes', () => {
    const nasty = Array.from({ length: 500 }, (_, n) =>
      sampleResult(`LUID-${n}`, 'fail', { reason: NASTY.repeat(200), sentence: `${NASTY}\n\`\`\`\`` }),
    );
    const text = renderStepSummary(sampleResults(nasty), VIEW);
    assert.ok(Buffer.byteLength(text) < 2 ** 20, String(Buffer.byteLength(text)));
    const rows = text.split('\n').filter((line) => line.startsWith('| LUID-'));
    assert.equal(rows.length, 200);
    assert.ok(rows.every((row) => row.split(/(?<!\\)\|/).length === 7));
    assert.match(text, /^… and 300 more in results\.json$/m);
    assert.match(text, /^`{5}text$/m);
  });

  it('tells of several kernels what they have in common once, and each kernel that was not tested', () => {
    const lines = renderAnnotations(MATRIX, VIEW, () => undefined)
      .trimEnd()
      .split('\n');
    assert.deepEqual(
      lines.map((line) => /^::(\w+ .*?)::/.exec(line)?.[1]),
      [
        'error title=kernel 6.17.1 was not tested%3A infra',
        'error title=LUID-03 fail (MUST%2C reference%2C 2 kernels)',
        'warning title=SYNC-01 unknown (MUST%2C reference%2C 6.1.192)',
        'notice title=kernel 5.4.1 was not tested%3A not-applicable',
        'notice title=FLUSH-11q not-applicable (QUIRK%2C reference%2C 7.2.6)',
      ],
    );
    assert.match(lines[1] ?? '', /::kernels {3}6\.12\.107, 7\.2\.6%0A/);
  });

  it('says what is not as a baseline says, in an annotation and in the summary', () => {
    const difference = {
      kernel: '7.2.6',
      id: 'LUID-03',
      expected: 'pass',
      seen: 'fail',
      reason: 'two',
      result: undefined,
    };
    const differences = [difference, { ...difference, kernel: '7.2.12' }];
    const comparison = { tier: 'quick', differences, compared: 9, absent: [] } as const;
    const text = 'LUID-03: expected pass, seen fail on 7.2.6, 7.2.12: two';
    const [first] = renderAnnotations(MATRIX, VIEW, () => undefined, comparison).split('\n');
    assert.equal(first, `::error title=not as expected%3A 2 differences from the baseline::${text}`);
    const summary = renderStepSummary(MATRIX, VIEW, comparison);
    assert.ok(summary.includes('**Not as expected by the baseline: 2 of 9**'));
    assert.ok(summary.includes(`- ${text}`));
    assert.ok(
      renderStepSummary(MATRIX, VIEW, { ...comparison, differences: [] }).includes(
        'As expected by the baseline: 9 expectations.',
      ),
    );
  });

  it('has the matrix in the summary', () => {
    const summary = renderStepSummary(MATRIX, VIEW);
    for (const part of [
      '### ulogcheck: reference on 5 kernels, trixie (LVM 2.03.31)',
      `| requirement | 6.1.192 | 6.12.107 | 7.2.6 |
| --- | :---: | :---: | :---: |
| LUID-03 | pass | **fail** | **fail** |
| SYNC-01 | **unknown** | pass | pass |
| FLUSH-11q | pass | pass | **changed** |
| passed | 3/4 | 3/4 | 2/4 |`,
      '- 6.17.1: infra: it does not boot Look at its console.',
      '- FLUSH-11q: as recorded until 6.12.107, changed from 7.2.6 (3 FLUSH)',
      '| LUID-03 | fail | MUST | 6.12.107, 7.2.6 | it is fail after 20 ms |',
    ])
      assert.ok(summary.includes(part), part);
  });
});
