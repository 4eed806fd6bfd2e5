import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXIT, exitStatus } from './exit-status.js';
import type { ProgramOutcome, ProgramRunResult, Verdict } from './model.js';
import { assemblePrograms, outcomeVerdict, programEntries, programsOf, programVerdict } from './programs.js';
import { sampleJudgement, sampleKernel, sampleOutcome, sampleResult } from './sample-history.js';
import { lastLine } from './summary.js';

function outcome(results: readonly Verdict[], problems: readonly Verdict[] = []): ProgramOutcome {
  return {
    command: ['/bin/p'],
    format: 'tap',
    results: results.map((verdict, index) => ({
      ...{
        path: ['suite', `r${index}`],
        number: index + 1,
        verdict,
        reason: '',
        diagnostic: '',
        printed: true,
      },
    })),
    problems: problems.map((verdict) => ({ kind: 'exit-status', verdict, text: 'status 3' })),
  };
}

function program(results: readonly Verdict[], problems: readonly Verdict[] = []): ProgramRunResult {
  const { results: own, problems: whole } = outcome(results, problems);
  const verdict = programVerdict({ results: own, problems: whole });
  return {
    test: 'a program',
    file: 'f',
    kernel: '6.12.107',
    verdict,
    results: own,
    problems: whole,
    directory: 'tests/p',
    durationMs: 5,
  };
}

describe('the exit status of a run with programs', () => {
  const statusOf = (
    programs: readonly ProgramRunResult[],
    requirements = [sampleResult('LUID-01', 'pass')],
  ): number =>
    exitStatus(requirements, { interrupted: false, errors: [], findings: [], strict: false, programs });

  it('is 1 for a failure, 2 for what is unknown, 69 for infra', () => {
    assert.equal(statusOf([program(['pass'])]), EXIT.ok);
    assert.equal(statusOf([program(['pass']), program(['pass', 'fail'])]), EXIT.failed);
    assert.equal(statusOf([program(['pass'], ['fail'])]), EXIT.failed);
    assert.equal(statusOf([program(['pass', 'unknown'])]), EXIT.unknown);
    assert.equal(statusOf([program(['pass'], ['unknown'])]), EXIT.unknown);
    assert.equal(statusOf([program(['pass', 'infra'])]), EXIT.infra);
    assert.equal(statusOf([program(['unknown'])], [sampleResult('LUID-01', 'fail')]), EXIT.failed);
  });

  it('is not green when programs alone were run and none judged anything', () => {
    assert.equal(statusOf([program(['pass'])], []), EXIT.ok);
    assert.equal(statusOf([program(['not-applicable'])], []), EXIT.infra);
    assert.equal(statusOf([program([], ['not-applicable'])], []), EXIT.infra);
    assert.equal(statusOf([program([])], []), EXIT.unknown);
    assert.equal(statusOf([], []), EXIT.infra);
  });
});

describe('programs in results', () => {
  it('decide the verdict of their test together with what the oracle saw', () => {
    assert.equal(outcomeVerdict({ judgements: [], program: outcome(['pass', 'not-applicable']) }), 'pass');
    assert.equal(outcomeVerdict({ judgements: [], program: outcome([]) }), 'unknown');
    assert.equal(
      outcomeVerdict({ judgements: [sampleJudgement('fail')], program: outcome(['pass']) }),
      'fail',
    );
    assert.equal(outcomeVerdict({ judgements: [sampleJudgement('pass')] }), 'pass');
  });

  it('count in the last line, each result by itself', () => {
    const requirements = [sampleResult('LUID-01', 'pass')];
    assert.equal(
      lastLine(requirements, [program(['pass', 'fail', 'not-applicable'])]),
      '2 passed, 1 failed, 1 skipped',
    );
    assert.equal(lastLine(requirements, [program(['pass'], ['fail'])]), '2 passed, 1 failed, 0 skipped');
    assert.equal(lastLine(requirements, [program([], ['infra'])]), '1 passed, 1 failed, 0 skipped');
    assert.equal(lastLine(requirements, [program([], ['not-applicable'])]), '1 passed, 0 failed, 1 skipped');
  });

  it('are listed for reporters: results with their whole path, and problems that are no remarks', () => {
    const programs = [program(['pass', 'fail'], ['fail', 'not-applicable'])];
    assert.deepEqual(
      programEntries({ programs }).map(({ path, verdict }) => [path.join(' > '), verdict]),
      [
        ['a program > suite > r0', 'pass'],
        ['a program > suite > r1', 'fail'],
        ['a program > (exit-status)', 'fail'],
      ],
    );
    assert.equal(programEntries({ programs: [program([], ['not-applicable'])] }).length, 1);
    assert.deepEqual(programsOf({}), []);
  });

  it('include those that were planned and left nothing', () => {
    const left = sampleOutcome([], {
      test: 'a program',
      ids: [],
      program: outcome(['pass']),
      directory: '/out/tests/p',
    });
    const planned = ['a program', 'another'].map((title) => ({ title, file: 'f', ids: [] }));
    const assembled = (interrupted: boolean, kernel = sampleKernel()): [string, Verdict, string][] =>
      assemblePrograms({
        ...({ outcomes: [left], planned, out: '/out' } as unknown as Parameters<typeof assemblePrograms>[0]),
        kernel,
        run: { interrupted } as Parameters<typeof assemblePrograms>[0]['run'],
      }).map(({ test, verdict, directory }) => [test, verdict, directory]);
    assert.deepEqual(assembled(false), [
      ['a program', 'pass', 'tests/p'],
      ['another', 'infra', ''],
    ]);
    assert.deepEqual(assembled(true)[1], ['another', 'unknown', '']);
    const lacking = sampleKernel({ state: 'not-applicable', reason: 'it lacks CONFIG_PVH' });
    assert.deepEqual(assembled(false, lacking)[1], ['another', 'not-applicable', '']);
  });
});
