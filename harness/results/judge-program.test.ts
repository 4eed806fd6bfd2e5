import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONSOLE_UNREAD, HOST_STALLED } from '../history/index.js';
import { programStatus } from '../cli/judge.js';
import { judgeProgram, PROGRAM_OBSERVATION, type ProgramObservation } from './judge-program.js';
import type { ProgramOutcome } from './model.js';
import { programVerdict } from './programs.js';
import { sampleEnd, sampleHistory } from './sample-history.js';

type Events = Parameters<typeof sampleHistory>[0];

function observed(stdout: string, given: Partial<ProgramObservation> = {}): Events[number] {
  const value: ProgramObservation = {
    ...{ command: ['/bin/p'], format: 'tap', stdout, stderr: '', ending: { kind: 'exited', status: 0 } },
    ...given,
  };
  return { kind: 'observation', evidence: 'log', name: PROGRAM_OBSERVATION, value };
}

const finding = (kind: 'panic' | 'oops' | 'warning', text = 'it broke'): Events[number] => ({
  kind: 'finding',
  finding: kind,
  title: text,
  text,
});

function verdicts({ results, problems }: ProgramOutcome): string {
  return [
    ...results.map(({ verdict }) => verdict),
    ...problems.map((one) => `${one.kind} ${one.verdict}`),
  ].join(', ');
}

const MIXED = '1..3\nok 1 a\nnot ok 2 b\nok 3 c # SKIP\n';
const lost = { ending: { kind: 'lost', reason: 'gone' } } as const;

describe('the results of a program, from its history', () => {
  it('are what it printed', () => {
    const outcome = judgeProgram(sampleHistory([observed(MIXED, { ending: { kind: 'exited', status: 1 } })]));
    assert.equal(verdicts(outcome), 'pass, fail, not-applicable');
    assert.equal(programVerdict(outcome), 'fail');
    assert.deepEqual([outcome.command, outcome.format], [['/bin/p'], 'tap']);
  });

  it('are taken back by a complaint of the kernel, except for failures', () => {
    const outcome = judgeProgram(sampleHistory([finding('warning'), observed(MIXED)]));
    assert.equal(verdicts(outcome), 'unknown, fail, not-applicable, kernel unknown');
    assert.equal(outcome.results[0]?.reason, 'the kernel reported a warning during the test: it broke');
  });

  it('are taken back wholly by one after which the kernel can do nothing right', () => {
    assert.equal(
      verdicts(judgeProgram(sampleHistory([finding('oops'), observed(MIXED)]))),
      'unknown, unknown, not-applicable, kernel unknown',
    );
  });

  it('survive a complaint that the program provokes on purpose', () => {
    const history = sampleHistory([finding('warning', 'WARNING: in kunit'), observed('1..1\nok 1 a\n')]);
    const allowFindings = [{ kind: 'warning', title: /kunit/, because: 'it is provoked' }] as const;
    assert.equal(verdicts(judgeProgram(history, { allowFindings })), 'pass');
    assert.equal(
      verdicts(judgeProgram(history, { allowFindings: [{ ...allowFindings[0], kind: 'oops' }] })),
      'unknown, kernel unknown',
    );
  });

  it('are unknown where the kernel died: but what had failed before has failed', () => {
    const events = [observed('1..3\nok 1 a\nnot ok 2 b\n', lost), finding('panic')];
    const outcome = judgeProgram(sampleHistory(events, sampleEnd({ truncated: true })));
    assert.equal(verdicts(outcome), 'unknown, fail, unknown, truncated-plan unknown, kernel unknown');
    const clean = judgeProgram(sampleHistory([observed('1..2\nok 1 a\n', lost), finding('panic')]));
    assert.equal(programVerdict(clean), 'unknown');
  });

  it('are infra where the node went away by itself', () => {
    const outcome = judgeProgram(sampleHistory([observed('1..2\nok 1 a\n', lost)]));
    assert.equal(verdicts(outcome), 'infra, infra, truncated-plan infra, lost infra');
  });

  it('are taken back when the daemon beside it ended by itself', () => {
    const exited = { kind: 'subject', action: 'exited', detail: 'by itself' } as const;
    const outcome = judgeProgram(sampleHistory([exited, observed('1..1\nok 1 a\n')]));
    assert.equal(verdicts(outcome), 'unknown, daemon unknown');
  });

  it('are taken back when the console was not read to its end', () => {
    const unread = { kind: 'observation', evidence: 'log', name: CONSOLE_UNREAD, value: 'no line' } as const;
    const outcome = judgeProgram(sampleHistory([observed('1..2\nok 1 a\nnot ok 2 b\n'), unread]));
    assert.equal(verdicts(outcome), 'unknown, fail, kernel unknown');
  });

  it('do not blame a program for the time that its host stood still', () => {
    const stalled = {
      kind: 'observation',
      evidence: 'log',
      name: HOST_STALLED,
      value: { ms: 5000 },
    } as const;
    const late = observed('1..3\nok 1 a\nnot ok 2 b # TIMEOUT\n', {
      format: 'ktap',
      ending: { kind: 'deadline', deadlineMs: 9 },
    });
    assert.equal(
      verdicts(judgeProgram(sampleHistory([stalled, late]))),
      'pass, unknown, unknown, truncated-plan unknown, deadline unknown',
    );
  });

  it('show what it said on stderr where its end needs an explanation', () => {
    const ending = { kind: 'exited', status: 127 } as const;
    const outcome = judgeProgram(sampleHistory([observed('', { ending, stderr: 'sh: no such file\n' })]));
    assert.equal(verdicts(outcome), 'no-results unknown, exit-status fail');
    assert.match(outcome.problems[1]?.text ?? '', /status 127, .*; on stderr: sh: no such file$/);
  });

  it('stand without a recording, and say that the oracle could not look', () => {
    const passing = [observed('1..1\nok 1 a\n')];
    for (const end of [
      sampleEnd({ overruns: 3 }),
      sampleEnd({ truncated: true, reason: 'the stream broke' }),
    ])
      assert.equal(verdicts(judgeProgram(sampleHistory(passing, end))), 'pass, recording not-applicable');
  });

  it('that never began are infra, or unknown when the kernel had broken by then', () => {
    assert.equal(verdicts(judgeProgram(sampleHistory([]))), 'not-run infra');
    assert.equal(verdicts(judgeProgram(sampleHistory([finding('panic')]))), 'not-run unknown');
  });
});

describe('the exit status of `judge` for a program', () => {
  const statusOf = (stdout: string, given: Partial<ProgramObservation> = {}, broken = false): number =>
    programStatus(judgeProgram(sampleHistory([observed(stdout, given)])), broken);

  it('follows the worst result', () => {
    assert.equal(statusOf('1..1\nok 1 a\n'), 0);
    assert.equal(statusOf('1..1\nok 1 a\n', {}, true), 1);
    assert.equal(statusOf(MIXED), 1);
    assert.equal(statusOf('ok 1 a\n'), 2);
    assert.equal(statusOf('1..0 # SKIP\n'), 69);
    assert.equal(statusOf('1..1\nok 1 a\n', lost), 69);
  });
});
