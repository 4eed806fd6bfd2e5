import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { validateXML } from 'xmllint-wasm';
import type { RunResults } from '../harness/results/model.js';
import { sampleResult } from '../harness/results/sample-history.js';
import { renderJunit } from './junit.js';
import { BROKEN, EVERY, KNOWN, MATRIX, NASTY, sampleResults, UNTESTED, VIEW } from './sample-results.js';

const SCHEMA = readFileSync(
  fileURLToPath(new URL('../../reports/testdata/junit.xsd', import.meta.url)),
  'utf8',
);

/** The XML, once libxml2 found it well-formed and as the schema says. */
async function junit(results: RunResults): Promise<string> {
  const contents = renderJunit(results, VIEW);
  const { valid, rawOutput } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents }],
    schema: [{ fileName: 'junit.xsd', contents: SCHEMA }],
  });
  assert.ok(valid, rawOutput);
  return contents;
}

describe('JUnit', () => {
  it('has a suite of kernel and daemon, and a case for each selected requirement', async () => {
    const text = await junit(sampleResults(EVERY));
    const again = `again     npx ulogcheck run --kernel 6.12.107 --daemon reference -g 'two logs coexist' --seed 5`;
    const where = `test      conformance/luid/coexistence.spec.ts
timeline  /out/tests/coexist/timeline.txt
${again}`;
    assert.equal(
      text,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ulogcheck" tests="7" failures="1" errors="2" time="65.000">
  <testsuite name="6.12.107 x reference" tests="7" failures="1" errors="2" skipped="3" time="9.000" timestamp="2026-08-01T00:00:00">
    <properties>
      <property name="kernel" value="6.12.107"/>
      <property name="daemon" value="reference"/>
      <property name="userland" value="trixie"/>
      <property name="lvmVersion" value="2.03.31"/>
      <property name="qemu" value="QEMU 10"/>
      <property name="seed" value="5"/>
      <property name="tier" value="quick"/>
      <property name="suite" value="ulogcheck 0.1.0"/>
      <property name="catalogue" value="sha256:0"/>
      <property name="results" value="/out"/>
    </properties>
    <testcase classname="ulogcheck.LUID" name="LUID-01 What LUID-01 says holds." time="1.500"/>
    <testcase classname="ulogcheck.LUID" name="LUID-03 What LUID-03 says holds." time="1.500">
      <failure type="fail" message="expected one log; seen two (and 1 more)">sentence  What LUID-03 says holds.
expected  one log
seen      (nothing)
events    4-6, 9 (the test, in "two logs coexist")
          … 2 lines before
            1.000  L1 CTR "8 clustered-core 1" → ok (0.3)
           12.500  L2 RESUME → -ESRCH (3.6) *
expected  success
seen      -ESRCH
events    4-6, 9 (the oracle, in "two logs coexist")
${where}</failure>
    </testcase>
    <testcase classname="ulogcheck.LUID" name="LUID-07 What LUID-07 says holds." time="0.000">
      <skipped type="untested" message="no test"/>
    </testcase>
    <testcase classname="ulogcheck.FLUSH" name="FLUSH-01 What FLUSH-01 says holds." time="1.500">
      <error type="unknown" message="the situation never occurred">sentence  What FLUSH-01 says holds.
reason    the situation never occurred
${where}</error>
    </testcase>
    <testcase classname="ulogcheck.SYNC" name="SYNC-01 What SYNC-01 says holds." time="1.500">
      <error type="infra" message="the node did not boot within 60 s">sentence  What SYNC-01 says holds.
reason    the node did not boot
          within 60 s
${where}</error>
    </testcase>
    <testcase classname="ulogcheck.DISK" name="DISK-02 What DISK-02 says holds." time="1.500">
      <skipped type="not-applicable" message="the daemon claims no disk log"/>
    </testcase>
    <testcase classname="ulogcheck.TRN" name="TRN-04 What TRN-04 says holds." time="1.500">
      <skipped type="known-defect" message="known defect: Anybody may join. it is fail">sentence  What TRN-04 says holds.
known     Anybody may join. (kernels &gt;=6.6)
reason    it is fail
${where}</skipped>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  it('is well-formed whatever the texts hold, and keeps them readable', async () => {
    const failure = {
      by: 'oracle',
      expected: NASTY,
      seen: '\ud800 \ufffe',
      events: [],
      lines: [NASTY],
      test: NASTY,
    } as const;
    const nasty = sampleResult('LUID-03', 'fail', {
      sentence: NASTY,
      reason: NASTY.repeat(100),
      failures: [{ ...failure, events: [], lines: [NASTY] }],
    });
    const results = sampleResults([nasty], { errors: [NASTY], qemu: NASTY });
    const text = await junit({
      ...results,
      findings: [
        { finding: 'bug', title: NASTY, text: NASTY, event: 1, kernel: '6.12.107', test: NASTY, path: 'x' },
      ],
    });
    assert.match(
      text,
      /name="LUID-03 a &quot;quoted&quot; &lt;b&gt;&amp;amp;&lt;\/b&gt; #1 .* ✓ 😀 \]\]&gt; \{"/,
    );
    assert.match(text, /^seen {6}\ufffd \ufffd$/m);
  });

  it('has a failure for a known defect with --strict', async () => {
    const { run } = sampleResults([]);
    const text = await junit(sampleResults([KNOWN], { options: { ...run.options, strict: true } }));
    assert.match(text, /<failure type="fail" message="known defect: Anybody may join\./);
  });

  it('is never all good when something went wrong outside the tests, or nothing was judged', async () => {
    const pass = sampleResult('LUID-01', 'pass');
    const died = await junit(sampleResults([pass], { errors: ['a worker died'] }));
    assert.match(died, /tests="2" failures="0" errors="1"/);
    assert.match(
      died,
      /<testcase classname="ulogcheck" name="run" time="0.000">\s+<error type="infra" message="a worker died">/,
    );
    assert.match(await junit(sampleResults([pass], { interrupted: true })), /errors="1"/);
    assert.match(await junit(sampleResults([UNTESTED])), /<error type="infra" message="nothing was judged/);
  });

  it('tells aside of what lies outside the selection', async () => {
    const text = await junit(
      sampleResults([sampleResult('LUID-01', 'pass'), { ...BROKEN, selected: false }]),
    );
    assert.match(text, /tests="1" failures="0"/);
    assert.match(text, /<system-err>LUID-03 fail: seen on the way, outside the selection\n/);
  });

  it('has a suite for each of several kernels, and no two cases of one class and name', async () => {
    const finding = { finding: 'oops', title: 'x', text: 'x', event: 1, test: 't', path: 'p' } as const;
    const on = MATRIX.kernels[4]?.label ?? '';
    const findings = [finding, finding].map((one) => ({ ...one, kernel: on }));
    const program = {
      test: 'self',
      file: 'f',
      verdict: 'fail',
      problems: [],
      directory: '',
      durationMs: 1,
    } as const;
    const result = {
      path: ['x'],
      number: 1,
      verdict: 'fail',
      reason: '',
      diagnostic: '',
      printed: true,
    } as const;
    const programs = [
      {
        ...program,
        kernel: on,
        problems: [],
        results: [result, result].map((one) => ({ ...one, path: ['x'] })),
      },
    ];
    const text = await junit({ ...MATRIX, findings, programs });
    assert.deepEqual(
      [
        ...text.matchAll(
          /<testsuite name="([^"]*)" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/g,
        ),
      ].map(([, ...parts]) => parts.join(' ')),
      [
        '5.4.1-cloud-amd64 x reference 5 0 0 5',
        '6.1.192-cloud-amd64 x reference 5 0 1 1',
        '6.12.107-cloud-amd64 x reference 5 1 0 1',
        '6.17.1-cloud-amd64 x reference 5 0 4 1',
        '7.2.6-cloud-amd64 x reference 9 3 2 2',
      ],
    );
    const names = [...text.matchAll(/<testcase (classname="[^"]*" name="[^"]*")/g)].map(([, name]) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('classname="ulogcheck.7_2_6.program.self" name="x (2)"'));
    assert.match(text, /LUID-03: pass until 6\.1\.192, fail from 6\.12\.107/);
  });
});
