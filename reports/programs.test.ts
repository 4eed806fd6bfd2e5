import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProgramRunResult } from '../harness/results/model.js';
import { renderAnnotations } from './github.js';
import { renderJunit } from './junit.js';
import { ktapBody, ktapHead } from './ktap.js';
import { sampleKernel } from '../harness/results/sample-history.js';
import { renderPrograms } from './programs.js';
import { EVERY, sampleResults, VIEW } from './sample-results.js';
import { styleOf } from './style.js';

function result(
  path: readonly string[],
  verdict: 'pass' | 'fail',
  reason = '',
  diagnostic = '',
): ProgramRunResult['results'][number] {
  return { path: [...path], number: 1, verdict, reason, diagnostic, printed: true };
}

const program: ProgramRunResult = {
  test: 'self test life of mine',
  file: 'conformance/programs/self-tests.spec.ts',
  kernel: '6.12.107',
  verdict: 'fail',
  results: [
    result(['disk', 'read back'], 'fail', '', '# wanted 1\n# got 2'),
    result(['disk'], 'fail', 'contradicts itself: says ok, but nested in it failed: read back'),
    result(['core'], 'pass'),
  ],
  problems: [
    { kind: 'exit-status', verdict: 'fail', text: 'status 3' },
    { kind: 'unexpected-success', verdict: 'not-applicable', text: 'a remark' },
  ],
  directory: 'tests/self',
  durationMs: 1500,
};

function lines(...programs: readonly ProgramRunResult[]): string[][] {
  return renderPrograms(
    { programs: [...programs], kernels: [sampleKernel()] },
    '/out',
    (title) => `again ${title}`,
    styleOf({}, {}),
  ).filter((section) => section.length > 0);
}

describe('programs in the terminal report', () => {
  it('have a line each, and every bad result in detail with its path, what was said, and how to see it again', () => {
    assert.deepEqual(lines(program), [
      [
        'programs',
        '  fail     self test life of mine: 3 results: 1 pass, 2 fail; 1 problem of the program as a whole (1.5 s)',
      ],
      [
        'fail self test life of mine',
        '  fail disk > read back',
        '    | # wanted 1',
        '    | # got 2',
        '  fail disk',
        '    reason    contradicts itself: says ok, but nested in it failed: read back',
        '  fail the program as a whole',
        '    reason    status 3',
        '  test      conformance/programs/self-tests.spec.ts',
        '  output    /out/tests/self/program.log',
        '  again     again self test life of mine',
      ],
    ]);
  });

  it('take one line when all is well, and none when there are none', () => {
    const good = { ...program, verdict: 'pass' as const, results: [result(['core'], 'pass')], problems: [] };
    assert.deepEqual(lines(good), [
      ['programs', '  pass     self test life of mine: 1 result: 1 pass (1.5 s)'],
    ]);
    assert.deepEqual(lines(), []);
  });

  it('cannot steer the terminal with what they print', () => {
    const nasty = result(['a\x1b[2Jb'], 'fail', 'x\x1b]0;title\x07', '# \x1b[1A');
    const text = JSON.stringify(lines({ ...program, results: [nasty], problems: [] }));
    assert.doesNotMatch(text, /\\u001b|\\u0007/);
  });

  it('show the first bad results and the last lines only', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      result([`r${index}`], 'fail', '', Array.from({ length: 20 }, (_line, line) => `# ${line}`).join('\n')),
    );
    const [, detail = []] = lines({ ...program, results: many, problems: [] });
    assert.ok(detail.includes('    … 8 lines more in program.log'));
    assert.ok(detail.includes('  … and 10 more in results.json'));
  });
});

describe('programs in the formats for machines', () => {
  const results = { ...sampleResults(EVERY.slice(0, 1)), programs: [program] };

  it('are tests with subtests in KTAP, and a failure is never hidden by its parent', () => {
    const text = ktapHead(2) + ktapBody(results, VIEW);
    assert.match(text, /^ {2}KTAP version 1\n {2}1\.\.4\n/m);
    assert.match(text, /^ {2}not ok 1 disk > read back$/m);
    assert.match(text, /^ {2}ok 3 core$/m);
    assert.match(text, /^not ok 2 self test life of mine$/m);
  });

  it('are test cases in JUnit, and an error for GitHub', () => {
    const junit = renderJunit(results, VIEW);
    assert.match(junit, /classname="ulogcheck.program.self test life of mine" name="disk &gt; read back"/);
    assert.match(junit, /failures="3"/);
    assert.match(
      renderAnnotations(results, VIEW, () => undefined),
      /^::error title=program "self test life of mine" fail::/m,
    );
  });

  it('that only skipped judged nothing, and every format says so', () => {
    const skipped = { ...program, verdict: 'not-applicable' as const, results: [], problems: [] };
    const alone = { ...sampleResults([]), programs: [skipped] };
    for (const text of [
      ktapBody(alone, VIEW),
      renderJunit(alone, VIEW),
      renderAnnotations(alone, VIEW, () => undefined),
    ])
      assert.match(text, /nothing was judged/);
    const passed = { ...alone, programs: [{ ...skipped, verdict: 'pass' as const }] };
    assert.doesNotMatch(ktapBody(passed, VIEW), /nothing was judged/);
  });
});
