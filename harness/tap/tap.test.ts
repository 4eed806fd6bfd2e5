import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { castDoubt, parseTap, pathText, withEnding, type ProgramEnding, type TapFormat } from './index.js';

/** Results and problems of an output in short: `fail a > b`, `!no-plan unknown`. */
function read(text: string, format: TapFormat = 'ktap', ending?: ProgramEnding): string[] {
  const parsed = parseTap(text, format);
  const { results, problems } = ending === undefined ? parsed : withEnding(parsed, ending);
  return [
    ...results.map(({ verdict, path }) => `${verdict} ${pathText(path)}`),
    ...problems.map(({ kind, verdict }) => `!${kind} ${verdict}`),
  ];
}

describe('one result line', () => {
  for (const [line, verdict, reason] of [
    ['ok 1 a', 'pass', ''],
    ['ok 1 - a', 'pass', ''],
    ['not ok 1 a', 'fail', ''],
    ['not  ok 1 a', 'fail', ''],
    ['\x1b[31mnot ok 1 a\x1b[0m', 'fail', ''],
    ['50%\rnot ok 1 a\r', 'fail', ''],
    ['not ok 1 a\u2028b', 'fail', ''],
    ['ok 1 a # SKIP no disk', 'not-applicable', 'skipped: no disk'],
    ['not ok 1 a # SKIP', 'not-applicable', 'skipped'],
    ['ok 1 a # skipped', 'not-applicable', 'skipped'],
    ['not ok 1 a # XFAIL rounding', 'not-applicable', 'expected failure: rounding'],
    ['not ok 1 a # TODO later', 'not-applicable', 'expected failure: later'],
    ['ok 1 a # TODO later', 'not-applicable', 'marked TODO, and says ok: later'],
    ['ok 1 a # XFAIL', 'not-applicable', 'marked XFAIL, and says ok'],
    ['ok 1 a # XPASS', 'not-applicable', 'marked XPASS, and says ok'],
    ['not ok 1 a # TIMEOUT 45 seconds', 'fail', 'timed out: 45 seconds'],
    ['ok 1 a # TIMEOUT', 'fail', 'timed out'],
    ['not ok 1 a # ERROR no memory', 'unknown', 'could not be carried out: no memory'],
    ['not ok 1 # error no memory', 'unknown', 'could not be carried out: no memory'],
    ['not ok 1 a # error path', 'fail', ''],
    ['not ok 1 a # exit=2', 'fail', 'exit=2'],
    ['ok 1 a # time=3ms', 'pass', ''],
    ['ok 1 costs \\# 5', 'pass', ''],
  ] as const) {
    it(`${JSON.stringify(line)} is ${verdict}`, () => {
      const { results } = parseTap(`1..1\n${line}\n`, 'ktap');
      assert.deepEqual(
        results.map((result) => [result.verdict, result.reason]),
        [[verdict, reason]],
      );
    });
  }

  it('counts on without a number, and is called by its number without a description', () => {
    assert.deepEqual(read('1..3\nok a\nok\nnot ok\n', 'tap'), ['pass a', 'pass #2', 'fail #3']);
  });
});

describe('a stream as a whole', () => {
  it('without a plan is not known to be complete', () => {
    assert.deepEqual(read('ok 1 a\n'), ['pass a', '!no-plan unknown']);
  });

  it('that ends before its plan lacks the rest', () => {
    assert.deepEqual(read('1..3\nok 1 a\n'), ['pass a', 'fail #2', 'fail #3', '!truncated-plan fail']);
    assert.deepEqual(read('1..3\nok 1 a\nok 3 c\n'), ['pass a', 'pass c', 'fail #2', '!truncated-plan fail']);
    const huge = parseTap('1..4000000000\nok 1 a\n', 'tap');
    assert.equal(huge.results.length, 101);
    assert.match(huge.problems[0]?.text ?? '', /1 of the 4000000000 promised/);
  });

  it('that bails out fails, and what it promised is unknown', () => {
    assert.deepEqual(read('1..3\nok 1 a\nBail out! no disk\n'), [
      'pass a',
      'unknown #2',
      'unknown #3',
      '!truncated-plan unknown',
      '!bail-out fail',
    ]);
    assert.deepEqual(read('1..2\n# 1..2\n# ok 1 a\n# Bail out!\nok 1 p\nok 2 q\n'), [
      'pass p > a',
      'unknown p > #2',
      'fail p',
      'pass q',
      '!truncated-plan unknown',
      '!bail-out fail',
    ]);
  });

  it('without a result is never green', () => {
    assert.deepEqual(read(''), ['!no-results unknown']);
    assert.deepEqual(read('hello\n'), ['!no-results unknown']);
    assert.deepEqual(read('TAP version 13\n'), ['!no-results unknown']);
    assert.deepEqual(read('1..0\n'), ['!no-results unknown']);
    assert.deepEqual(read('1..0 # SKIP no module\n'), ['!no-results not-applicable']);
    assert.match(parseTap('1..0 # SKIP no module\n', 'tap').problems[0]?.text ?? '', /no module/);
  });

  it('whose numbers do not fit cannot be trusted', () => {
    assert.deepEqual(read('1..2\nok 1 a\nok 1 b\n'), [
      'pass a',
      'pass b',
      'fail #2',
      '!truncated-plan fail',
      '!numbering unknown',
    ]);
    assert.deepEqual(read('1..1\nok 1 a\nok 2 b\n'), ['pass a', 'pass b', '!numbering unknown']);
    assert.deepEqual(read('ok 1 a\n1..1\nnot ok 2 b\n'), [
      'pass a',
      'fail b',
      '!numbering unknown',
      '!numbering unknown',
    ]);
    assert.deepEqual(read('1..1\nok a\nok b\n'), ['pass a', 'pass b', '!numbering unknown']);
    assert.deepEqual(read('1..2\nok a\nok 1 b\nok c\n'), [
      'pass a',
      'pass b',
      'pass c',
      '!numbering unknown',
    ]);
    for (const text of ['1..0\nok 1 a\n', '1..0\nok a\n', 'ok a\n1..0 # SKIP\n'])
      assert.deepEqual(read(text), ['pass a', '!numbering unknown']);
    assert.deepEqual(read('1..0\nnot ok 0 a\n'), ['fail a', '!numbering unknown']);
    assert.deepEqual(read('1..1\n1..2\nok 1 a\n'), ['pass a', '!numbering unknown']);
    assert.deepEqual(read('1..2\nok 2 b\nok 1 a\n'), ['pass b', 'pass a']);
  });

  it('whose last line has no end may have been cut: `# SKIP` may be missing', () => {
    assert.deepEqual(read('1..1\nok 1 a'), ['pass a', '!unterminated unknown']);
    assert.deepEqual(read('1..1\nok 1 a\n# bye'), ['pass a']);
  });

  it('may be several, one after the other', () => {
    assert.deepEqual(read('TAP version 13\n1..2\nok 1 a\nTAP version 13\n1..1\nok 1 b\n'), [
      'pass a',
      'fail #2',
      'pass b',
      '!truncated-plan fail',
    ]);
  });
});

describe('nesting', () => {
  it('a failure is not hidden by any ok above it, nor by SKIP or XFAIL there', () => {
    for (const parent of ['ok 1 p', 'ok 1 p # SKIP', 'not ok 1 p # XFAIL', 'ok 1 p # TODO'])
      assert.deepEqual(read(`1..1\n  1..1\n    1..1\n    not ok 1 c\n  ok 1 b\n${parent}\n`).slice(0, 3), [
        'fail p > b > c',
        'fail p > b',
        'fail p',
      ]);
  });

  it('a failure that is expected contradicts nothing', () => {
    assert.deepEqual(read('1..1\n  1..2\n  ok 1 a\n  not ok 2 b # XFAIL\nok 1 p\n'), [
      'pass p > a',
      'not-applicable p > b',
      'pass p',
    ]);
  });

  it('an ok over nothing, over what was skipped, or over what is unknown is no pass', () => {
    assert.deepEqual(read('1..1\n# TAP version 13\nok 1 p\n').slice(0, 1), ['unknown p']);
    assert.deepEqual(read('1..1\n# 1..0 # SKIP\nok 1 p\n').slice(0, 1), ['not-applicable p']);
    assert.deepEqual(read('1..1\n  1..1\n  ok 1 a # SKIP\nok 1 p\n').slice(1, 2), ['not-applicable p']);
    assert.deepEqual(read('1..1\n  1..1\n  not ok 1 a # ERROR\nok 1 p\n').slice(1, 2), ['unknown p']);
  });

  it('without the result line above it is known to be incomplete', () => {
    assert.deepEqual(read('KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: s\n  1..1\n  not ok 1 a\n'), [
      'fail #1',
      'fail s > a',
      '!truncated-plan fail',
      '!no-parent unknown',
    ]);
  });

  it('prose in comments is no result', () => {
    assert.deepEqual(read('1..1\n# ok then, this is prose\n# 5 of 6\n  okay\nok 1 a\n'), ['pass a']);
  });

  it('an unfinished YAML block hides nothing', () => {
    assert.deepEqual(read('1..1\nok 1 a {\n  ---\n  not ok 1 b\n', 'tap').slice(0, 2), [
      'fail a > b',
      'fail a',
    ]);
  });

  it('very many nested results exhaust nothing', () => {
    const report = parseTap(`1..1\n  1..150000\n${'  not ok\n'.repeat(150_000)}ok 1 p\n`, 'ktap');
    assert.equal(report.results.length, 150_001);
  });

  it('ever deeper lines exhaust nothing', () => {
    const deep = Array.from({ length: 5000 }, (_, depth) => `${' '.repeat(depth)}not ok 1 x`).join('\n');
    assert.ok(read(deep).some((line) => line.startsWith('fail')));
  });
});

describe('the end of the program', () => {
  const good = '1..1\nok 1 a\n';

  it('with status 0 says nothing more', () => {
    assert.deepEqual(read(good, 'tap', { kind: 'exited', status: 0 }), ['pass a']);
  });

  it('with another status needs a failure that explains it, or that all was skipped', () => {
    assert.deepEqual(read(good, 'tap', { kind: 'exited', status: 3 }), ['pass a', '!exit-status fail']);
    assert.deepEqual(read('1..1\nnot ok 1 a\n', 'tap', { kind: 'exited', status: 1 }), ['fail a']);
    assert.deepEqual(read('1..0 # SKIP\n', 'ktap', { kind: 'exited', status: 4 }), [
      '!no-results not-applicable',
    ]);
    assert.deepEqual(read('', 'ktap', { kind: 'exited', status: 4 }), [
      '!no-results unknown',
      '!exit-status fail',
    ]);
  });

  it('by a signal or at its deadline is a failure', () => {
    assert.deepEqual(read(good, 'tap', { kind: 'signalled', signal: 'SEGV' }), ['pass a', '!signal fail']);
    assert.deepEqual(read('1..2\nok 1 a\n', 'tap', { kind: 'deadline', deadlineMs: 5 }), [
      'pass a',
      'fail #2',
      '!truncated-plan fail',
      '!deadline fail',
    ]);
  });

  it('that nobody saw leaves nothing but the failures that were printed', () => {
    assert.deepEqual(read('1..3\nok 1 a\nnot ok 2 b\n', 'tap', { kind: 'lost', reason: 'gone' }), [
      'infra a',
      'fail b',
      'infra #3',
      '!truncated-plan infra',
      '!lost infra',
    ]);
  });

  it('in doubt: passes and what did not come, and the failures that may be a consequence', () => {
    const report = parseTap('1..3\nok 1 a\nnot ok 2 b\n', 'tap');
    const verdicts = (consequence: boolean): string[] =>
      castDoubt(report, 'unknown', 'why', () => consequence).results.map(({ verdict }) => verdict);
    assert.deepEqual(verdicts(false), ['unknown', 'fail', 'unknown']);
    assert.deepEqual(verdicts(true), ['unknown', 'unknown', 'unknown']);
  });
});
