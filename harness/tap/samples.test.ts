import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseTap, pathText, type TapFormat, type TapReport } from './index.js';

const TESTDATA = join(import.meta.dirname, '../../../harness/tap/testdata');

function sample(name: string): TapReport {
  const format: TapFormat = name.endsWith('.ktap') ? 'ktap' : 'tap';
  return parseTap(readFileSync(join(TESTDATA, name), 'utf8'), format);
}

function lines({ results }: TapReport): string[] {
  return results.map(
    ({ path, verdict, reason }) => `${verdict}: ${pathText(path)}${reason === '' ? '' : ` (${reason})`}`,
  );
}

function problems(report: TapReport): string[] {
  return report.problems.map(({ kind, verdict }) => `${kind}: ${verdict}`);
}

function diagnosticOf({ results }: TapReport, ...path: readonly string[]): string {
  const found = results.find((result) => pathText(result.path) === pathText(path));
  assert.ok(found, pathText(path));
  return found.diagnostic;
}

describe('recorded output', () => {
  it('of KUnit, on a console with time stamps', () => {
    const report = sample('kunit.ktap');
    assert.deepEqual(lines(report), [
      'pass: example > example_simple_test',
      'not-applicable: example > example_skip_test (skipped: this test should be skipped)',
      'pass: example > example_params_test > example value 3',
      'pass: example > example_params_test > example value 2',
      'not-applicable: example > example_params_test > example value 0 (skipped: unsupported param value 0)',
      'pass: example > example_params_test',
      'fail: example > example_fail_test',
      'pass: example > example_slow_test',
      'fail: example',
      'pass: list_sort > list_sort_test',
      'pass: list_sort',
    ]);
    assert.deepEqual(problems(report), []);
    assert.match(
      diagnosticOf(report, 'example', 'example_fail_test'),
      /EXPECTATION FAILED.*\n.*== 3, but\n.*0x2/,
    );
    assert.deepEqual(
      report.results.map(({ number }) => number),
      [1, 2, 1, 2, 3, 3, 4, 5, 1, 1, 2],
    );
  });

  it('of kselftest, which prints what is nested as comments', () => {
    const report = sample('kselftest.ktap');
    assert.deepEqual(lines(report), [
      'pass: selftests: dm: mirror.sh > create',
      'fail: selftests: dm: mirror.sh > read back',
      'not-applicable: selftests: dm: mirror.sh > remove (skipped: needs udev)',
      'fail: selftests: dm: mirror.sh (exit=1)',
      'pass: selftests: dm: hidden.sh > first',
      'fail: selftests: dm: hidden.sh > second',
      'fail: selftests: dm: hidden.sh (contradicts itself: says ok, but nested in it failed: second)',
      'pass: selftests: dm: slow.sh > started',
      'fail: selftests: dm: slow.sh > #2 (the program ended before it: the plan is 1..2, and no result line with this number came)',
      'fail: selftests: dm: slow.sh (timed out: 45 seconds)',
      'not-applicable: selftests: dm: no-device.sh (skipped)',
      'not-applicable: selftests: dm: quirks.sh > #1 (marked XFAIL, and says ok: the kernel rounds down)',
      'unknown: selftests: dm: quirks.sh > #2 (could not be carried out: no memory)',
      'pass: selftests: dm: quirks.sh > plain',
      'fail: selftests: dm: quirks.sh (exit=1)',
      'pass: selftests: dm: plain.sh',
    ]);
    assert.deepEqual(problems(report), [
      'truncated-plan: fail',
      'no-results: not-applicable',
      'unexpected-success: not-applicable',
    ]);
    assert.match(diagnosticOf(report, 'selftests: dm: mirror.sh', 'read back'), /read back 17 sectors/);
  });

  it('of bats', () => {
    const report = sample('bats.tap');
    assert.deepEqual(lines(report), [
      'pass: creates a mirror',
      'fail: status is readable',
      'not-applicable: removes it (skipped: no udev)',
      'not-applicable: survives a kill (expected failure: not written yet)',
    ]);
    assert.deepEqual(problems(report), []);
    assert.match(diagnosticOf(report, 'status is readable'), /status.bats, line 7.*\n.*failed\n# words: 12$/);
  });

  it("of Perl's Test::More under prove, plan last", () => {
    const report = sample('perl.tap');
    assert.deepEqual(lines(report), [
      'pass: opened',
      'pass: attributes > size',
      'fail: attributes > mode',
      'fail: attributes',
      'pass: closed',
    ]);
    assert.deepEqual(problems(report), []);
    assert.match(diagnosticOf(report, 'attributes', 'mode'), /expected: '0600'/);
  });

  it('of node-tap: nested results after their own line, YAML below them', () => {
    const report = sample('node-tap.tap');
    assert.deepEqual(lines(report), [
      'pass: buffered > one',
      'fail: buffered > two',
      'fail: buffered (contradicts itself: says ok, but nested in it failed: two)',
      'pass: plain',
    ]);
    assert.match(diagnosticOf(report, 'buffered', 'two'), /ok 99 is no result here/);
  });
});
