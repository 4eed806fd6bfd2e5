import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleResult } from '../harness/results/sample-history.js';
import { headline } from './headline.js';
import { sampleResults } from './sample-results.js';

test('a headline names what was under test, and nothing else', () => {
  const of = (...requirements: Parameters<typeof sampleResults>[0]): string =>
    headline(sampleResults(requirements));
  const drive = sampleResult('IDM-24', 'pass', { subject: 'drive', subjectName: 'emulated drive' });
  const kernel = sampleResult('SUSP-01', 'pass', { subject: 'kernel', subjectName: '6.12' });
  const daemon = sampleResult('LUID-03', 'fail');
  assert.match(of(drive), /^emulated drive on /);
  assert.match(of(daemon, drive, kernel), /^reference and emulated drive on /);
  assert.doesNotMatch(of(kernel), /reference| on /);
  // Without a test, or aside from what was selected, nothing was under test.
  assert.match(of(drive, { ...daemon, verdict: 'unknown', tests: [] }), /^emulated drive on /);
  assert.match(of(drive, { ...daemon, selected: false }), /^emulated drive on /);
  assert.match(of({ ...drive, verdict: 'unknown', tests: [] }), /^reference on /);
});
