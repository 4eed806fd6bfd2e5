import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunResults } from '../harness/results/model.js';
import { sampleResult } from '../harness/results/sample-history.js';
import { summarise } from '../harness/results/summary.js';
import { styleOf } from './style.js';
import { renderReport, reproduce, shellWord } from './terminal.js';

function results(
  requirements: RunResults['requirements'],
  given: Partial<RunResults['run']> = {},
): RunResults {
  return {
    schemaVersion: 1,
    run: {
      suite: { name: 'ulogcheck', version: '0.1.0' },
      catalogue: { requirements: 191, digest: 'sha256:0' },
      qemu: 'QEMU 10',
      host: { system: 'Linux', cpus: 2, memoryMiB: 4096, node: 'v20' },
      seed: 5,
      started: '2026-08-01T00:00:00.000Z',
      argv: ['run'],
      options: {
        kernel: 'stable',
        daemon: './my daemon.yaml',
        userland: 'trixie',
        tier: 'quick',
        grep: [],
        strict: false,
      },
      durationMs: 65_000,
      interrupted: false,
      errors: [],
      ...given,
    },
    summary: summarise(requirements),
    requirements,
    findings: [],
  };
}

function report(...given: Parameters<typeof results>): string[] {
  return renderReport(results(...given), '/out', AGAIN, styleOf({}, {})).split('\n');
}

const AGAIN = { command: ['npx', 'ulogcheck', 'run'], patterns: (title: string) => [title] };

const untested = sampleResult('LUID-02', 'unknown', { reason: 'no test', tests: [], durationMs: 0 });

describe('the report of a run', () => {
  it('shows what was tested, sums up what was not, and ends with the counts', () => {
    assert.deepEqual(report([sampleResult('LUID-01', 'pass'), untested]), [
      '',
      'id       verdict  level  subject     time  sentence or reason',
      'LUID-01  pass     MUST   reference  1.5 s  What LUID-01 says holds.',
      '',
      'no test in this run',
      '  LUID     1 of  2: 2',
      '',
      '1 of 2 requirements tested: 1 pass, 0 fail, 0 unknown, 0 infra, 0 not applicable (MUST 1 of 1 pass)',
      'results: /out/results.json (1 min 5 s)',
      '1 passed, 0 failed, 1 skipped',
      '',
    ]);
  });

  it('shows a failure with expected, seen, events, timeline, and how to see it again', () => {
    const failure = {
      by: 'expectation',
      expected: 'one log',
      seen: '',
      events: [4, 5, 6, 9],
      test: 'two logs coexist',
    } as const;
    const failures = [{ ...failure, events: [...failure.events] }];
    const lines = report([sampleResult('LUID-01', 'fail', { failures })]);
    assert.deepEqual(lines.slice(lines.indexOf('fail LUID-01 (MUST)')).slice(0, 8), [
      'fail LUID-01 (MUST)',
      '  sentence  What LUID-01 says holds.',
      '  expected  one log',
      '  seen      (nothing)',
      '  events    4-6, 9 (the test, in "two logs coexist")',
      '  test      conformance/luid/coexistence.spec.ts',
      '  timeline  /out/tests/coexist/timeline.txt',
      "  again     npx ulogcheck run --kernel stable --daemon './my daemon.yaml' --seed 5 -g 'two logs coexist'",
    ]);
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

  it('says when nothing was judged, was interrupted, or went wrong outside the tests', () => {
    assert.ok(
      report([untested]).includes('nothing was judged: no selected requirement has a test in this run'),
    );
    assert.ok(
      report([untested], { interrupted: true }).includes(
        'interrupted: what had not ended by then is unknown',
      ),
    );
    assert.ok(report([untested], { errors: ['a worker died'] }).includes('infra a worker died'));
  });

  it('shows what the kernel reported', () => {
    const finding = {
      finding: 'oops',
      text: 'Oops: 0\nat x',
      event: 3,
      test: 'a test',
      path: 'tests/a/history.jsonl',
    } as const;
    const text = renderReport(
      { ...results([untested]), findings: [finding] },
      '/out',
      AGAIN,
      styleOf({}, {}),
    );
    assert.match(
      text,
      /the kernel reported a oops in "a test"\n {2}Oops: 0\n {2}at x\n {2}\/out\/tests\/a\/console\.log\n/,
    );
  });
});

describe('the command that reproduces', () => {
  it('names what is not the default', () => {
    const run = results([], {}).run;
    const full = {
      ...results([]),
      run: { ...run, options: { ...run.options, daemon: 'reference', tier: 'full' as const } },
    };
    assert.equal(
      reproduce("it's", full, AGAIN),
      "npx ulogcheck run --kernel stable --daemon reference --tier full --seed 5 -g 'it'\\''s'",
    );
  });

  it('starts as it is started from here, with all patterns that the test needs', () => {
    const again = { command: ['npm', 'start', '--'], patterns: () => ['LUID-03', 'SYNC-01'] };
    assert.equal(
      reproduce('two logs', results([]), again),
      "npm start -- --kernel stable --daemon './my daemon.yaml' --seed 5 -g LUID-03 -g SYNC-01",
    );
  });

  it('quotes for a shell', () => {
    assert.deepEqual(['LUID-03', 'a b', 'SYNC-*', ''].map(shellWord), ['LUID-03', "'a b'", "'SYNC-*'", "''"]);
  });
});
