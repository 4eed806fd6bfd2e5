import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareRuns, comparisonText } from './comparison.js';
import { readSuiteOutput } from './cunit-output.js';

const OUTPUT = `    [SKIPPED] PERSISTENT RESERVE IN is not implemented.

     CUnit - A unit testing framework for C - Version 2.1-3


Suite: Read10
  Test: Simple ...passed    [SKIPPED] PERSISTENT RESERVE IN is not implemented.
  Test: Protect ...    [SKIPPED] Device is not protected.
passed
  Test: Dpo ...    [FAILED] READ10 command failed with status 2
passed
  Test: Async ...    [FAILED] Blocks did not read back
    FAILED
        1. test_async.c:71  - CU_FAIL("")
Suite: Unmap
  Test: Simple ...passed

Run Summary:    Type  Total    Ran Passed Failed Inactive
              suites      2      2    n/a      0        0
`;

describe("the output of libiscsi's tests", () => {
  it('tells each test, and those that were skipped from those that passed', () => {
    const tests = readSuiteOutput(OUTPUT);
    assert.deepEqual(
      [...tests].map(([name, { verdict }]) => `${name} ${verdict}`),
      [
        'Read10.Simple passed',
        'Read10.Protect skipped',
        'Read10.Dpo passed',
        'Read10.Async failed',
        'Unmap.Simple passed',
      ],
    );
  });

  it('shows a crash', () => {
    const tests = readSuiteOutput(OUTPUT.slice(0, OUTPUT.indexOf('    FAILED')));
    const last = tests.get('Read10.Async');
    assert.equal(last?.verdict, 'failed');
    assert.equal(last.lines.at(-1), 'it did not come to its end');
    assert.equal(tests.has('Unmap.Simple'), false);
  });
});

describe('comparing two targets', () => {
  const all = readSuiteOutput(OUTPUT);

  it('is good when ours passes what the other one passes', () => {
    const worse = readSuiteOutput(
      OUTPUT.replace('Test: Simple ...passed\n\n', 'Test: Simple ...\n    FAILED\n\n'),
    );
    const better = compareRuns(all, worse);
    assert.equal(better.good, true);
    assert.deepEqual(
      better.differences.map(({ test, ours, theirs }) => [test, ours, theirs]),
      [
        ['Read10.Async', 'failed', 'failed'],
        ['Unmap.Simple', 'passed', 'failed'],
      ],
    );
    const bad = compareRuns(worse, all);
    assert.equal(bad.good, false);
    assert.match(comparisonText(bad), /^WORSE {2}Unmap\.Simple +tgt passed +ours failed$/m);
    assert.match(comparisonText(bad), /^5 tests: ours passes 2, tgt 3$/m);
  });

  it('is not good when ours skips, lacks tests, or when there was nothing', () => {
    const skips = readSuiteOutput(
      OUTPUT.replace('Simple ...passed\n\n', 'Simple ...    [SKIPPED] no\npassed\n\n'),
    );
    assert.equal(compareRuns(skips, all).good, false);
    const fewer = readSuiteOutput(OUTPUT.replace('Suite: Unmap\n  Test: Simple ...passed\n', ''));
    assert.equal(compareRuns(fewer, all).good, false);
    assert.equal(compareRuns(readSuiteOutput(''), readSuiteOutput('')).good, false);
  });
});
