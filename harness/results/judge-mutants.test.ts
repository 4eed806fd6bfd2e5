import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  judgeDaemonMutant,
  judgeHistoryMutant,
  smokeTrouble,
  type DaemonMutantTrials,
} from './judge-mutants.js';
import { DRIVE_STOPPED } from './judgement.js';
import type { Judgement, TestOutcome } from './model.js';
import {
  command,
  request,
  sampleEnd,
  sampleHistory,
  sampleJudgement,
  sampleOutcome,
} from './sample-history.js';

const mutant = { name: 'one-log-only', breaks: 'LUID-01' };
const TEST = 'two logs coexist';

function outcome(...judgements: readonly Judgement[]): TestOutcome {
  return sampleOutcome(judgements);
}

const passed = outcome(sampleJudgement('pass'));

function trials(given: Partial<DaemonMutantTrials> = {}): DaemonMutantTrials {
  const smoke = [{ test: 'smoke', trouble: undefined }];
  return {
    trials: [{ test: TEST, names: true, outcome: outcome(sampleJudgement('fail')) }],
    controls: [{ test: TEST, names: true, outcome: passed }],
    smoke,
    controlSmoke: smoke,
    ...given,
  };
}

describe('a broken daemon', () => {
  const judged = (given: Partial<DaemonMutantTrials>): readonly unknown[] => {
    const { verdict, reason, killedBy } = judgeDaemonMutant(mutant, trials(given));
    return [verdict, reason, killedBy];
  };

  it('is killed when its requirement fails', () => {
    assert.deepEqual(judged({}), ['killed', 'it is fail', TEST]);
  });

  it('survives when its requirement passes, is unknown, or is broken nowhere', () => {
    const pass = [{ test: TEST, names: true, outcome: passed }];
    assert.deepEqual(judged({ trials: pass }), ['survived', `"${TEST}": LUID-01: pass: it is pass`, null]);
    const unknown = [{ test: TEST, names: true, outcome: outcome(sampleJudgement('unknown')) }];
    assert.deepEqual(judged({ trials: unknown }), [
      'survived',
      `"${TEST}": LUID-01: unknown: it is unknown`,
      null,
    ]);
    const other = [{ test: TEST, names: true, outcome: outcome(sampleJudgement('fail', { id: 'SYNC-01' })) }];
    assert.deepEqual(judged({ trials: other }), [
      'survived',
      `"${TEST}": LUID-01: nobody saw it broken`,
      null,
    ]);
    assert.deepEqual(judged({ trials: [] }), ['survived', 'no test names one-log-only', null]);
  });

  it('is weak when a plain mirror does not work with it, even if a test failed', () => {
    assert.deepEqual(judged({ smoke: [{ test: 'smoke', trouble: 'dmsetup create stalled' }] }), [
      'weak',
      'a plain mirror does not work with it: dmsetup create stalled',
      null,
    ]);
  });

  it('is infra when the unbroken daemon does not pass either', () => {
    assert.deepEqual(
      judged({ controls: [{ test: TEST, names: true, outcome: outcome(sampleJudgement('fail')) }] }),
      ['infra', `"${TEST}": with the unbroken daemon LUID-01 is fail: it is fail`, null],
    );
    assert.deepEqual(judged({ controls: [] }), [
      'infra',
      `"${TEST}": it left no outcome with the unbroken daemon`,
      null,
    ]);
    assert.deepEqual(judged({ controlSmoke: [{ test: 'smoke', trouble: 'x' }] }), [
      'infra',
      'a plain mirror fails with the unbroken daemon: x',
      null,
    ]);
  });

  it('is infra when its test was infra or left nothing', () => {
    const infra = [{ test: TEST, names: true, outcome: outcome(sampleJudgement('infra')) }];
    assert.deepEqual(judged({ trials: infra }), ['infra', `"${TEST}": LUID-01: infra: it is infra`, null]);
    assert.deepEqual(judged({ trials: [{ test: TEST, names: true, outcome: undefined }] }), [
      'infra',
      `"${TEST}": it left no outcome`,
      null,
    ]);
  });

  it('is killed by what the oracle alone sees, unless it sees it in the unbroken daemon too', () => {
    const foreign = sampleOutcome([sampleJudgement('fail')], { test: 'smoke', ids: ['SYNC-08'] });
    const silent = sampleOutcome([], { test: 'smoke', ids: ['SYNC-08'] });
    const smoke = { trials: [{ test: 'smoke', names: false, outcome: foreign }] };
    assert.deepEqual(judged({ ...smoke, controls: [{ test: 'smoke', names: false, outcome: silent }] }), [
      'killed',
      'it is fail',
      'smoke',
    ]);
    assert.equal(
      judged({ ...smoke, controls: [{ test: 'smoke', names: false, outcome: foreign }] })[0],
      'infra',
    );
  });
});

describe('a broken daemon that several tests name', () => {
  const other = {
    ...sampleOutcome([sampleJudgement('fail', { id: 'LVM-02' })], { test: 'lvextend', ids: ['LVM-02'] }),
  };
  const good = { ...other, judgements: [sampleJudgement('pass', { id: 'LVM-02' })] };
  const both = { ...mutant, alsoBreaks: ['LVM-02'] };
  const of = (lvextend: TestOutcome): DaemonMutantTrials =>
    trials({
      trials: [...trials().trials, { test: 'lvextend', names: true, outcome: lvextend }],
      controls: [...trials().controls, { test: 'lvextend', names: true, outcome: good }],
    });

  it('is killed when each of them fails a requirement of its own', () => {
    assert.equal(judgeDaemonMutant(both, of(other)).verdict, 'killed');
  });

  it('survives when one of them does not notice it', () => {
    const { verdict, reason } = judgeDaemonMutant(both, of(good));
    assert.equal(verdict, 'survived');
    assert.equal(reason, '"lvextend": LVM-02: pass: it is pass');
  });
});

describe('an edited history', () => {
  const judged = (...judgements: readonly Judgement[]) => ({
    judgements: [...judgements],
    notes: [],
    findings: [],
  });

  it('is killed when its requirement fails after the edit', () => {
    const trial = { test: TEST, control: passed, judged: judged(sampleJudgement('fail')) };
    assert.deepEqual(judgeHistoryMutant(mutant, [trial]), {
      verdict: 'killed',
      reason: 'it is fail',
      killedBy: TEST,
    });
  });

  it('is killed when its requirement is a quirk that is seen to have changed, not one that is not applicable', () => {
    const said = (reason: string) => sampleJudgement('not-applicable', { reason });
    const trial = (reason: string) => ({ test: TEST, control: passed, judged: judged(said(reason)) });
    assert.equal(judgeHistoryMutant(mutant, [trial('changed: it waits')]).verdict, 'killed');
    assert.equal(judgeHistoryMutant(mutant, [trial('not on this kernel')]).verdict, 'survived');
  });

  it('survives when nothing notices the edit', () => {
    const trial = { test: TEST, control: passed, judged: judged(sampleJudgement('pass')) };
    assert.equal(judgeHistoryMutant(mutant, [trial]).verdict, 'survived');
    assert.equal(judgeHistoryMutant(mutant, []).verdict, 'survived');
  });

  it('is infra when there was nothing to edit, or no history that passed', () => {
    assert.deepEqual(judgeHistoryMutant(mutant, [{ test: TEST, control: passed, judged: undefined }]), {
      verdict: 'infra',
      reason: `"${TEST}": its history has nothing to edit`,
      killedBy: null,
    });
    const trial = { test: TEST, control: undefined, judged: undefined };
    assert.equal(judgeHistoryMutant(mutant, [trial]).verdict, 'infra');
  });

  describe('of a kernel that is known for this very defect', () => {
    const defect = { kernels: '>=6.6', finding: 'anybody may join' };
    const broken = outcome(sampleJudgement('fail'));
    const noticed = judged(sampleJudgement('fail'));

    it('is not applicable when the history was broken before the edit, noticed or not', () => {
      for (const after of [undefined, noticed, judged(sampleJudgement('pass'))]) {
        assert.deepEqual(
          judgeHistoryMutant(mutant, [{ test: TEST, control: broken, judged: after }], defect),
          {
            verdict: 'notApplicable',
            reason: `known defect on this kernel (>=6.6): LUID-01 fails in "${TEST}" without the edit`,
            killedBy: null,
          },
        );
      }
    });

    it('is infra when nobody knows of the defect', () => {
      const trial = { test: TEST, control: broken, judged: noticed };
      assert.equal(judgeHistoryMutant(mutant, [trial]).verdict, 'infra');
    });

    it('is judged as ever when the kernel does not show the defect, or nothing can be said of it', () => {
      const verdictOf = (control: TestOutcome | undefined, after: typeof noticed) =>
        judgeHistoryMutant(mutant, [{ test: TEST, control, judged: after }], defect).verdict;
      assert.equal(verdictOf(passed, noticed), 'killed');
      assert.equal(verdictOf(passed, judged(sampleJudgement('pass'))), 'survived');
      for (const verdict of ['unknown', 'infra', 'not-applicable'] as const)
        assert.equal(verdictOf(outcome(sampleJudgement(verdict)), noticed), 'infra');
      assert.equal(verdictOf(undefined, noticed), 'infra');
      assert.equal(judgeHistoryMutant(mutant, [], defect).verdict, 'survived');
    });

    it('is judged by the tests that do not show the defect', () => {
      const known = { test: TEST, control: broken, judged: noticed };
      const verdictOf = (after: typeof noticed) =>
        judgeHistoryMutant(mutant, [known, { test: 'another', control: passed, judged: after }], defect)
          .verdict;
      assert.equal(verdictOf(noticed), 'killed');
      assert.equal(verdictOf(judged(sampleJudgement('pass'))), 'survived');
    });
  });
});

describe('the plain mirror', () => {
  it('works when every command ended with 0 and the scenario came to its end', () => {
    assert.equal(smokeTrouble(sampleHistory([command(), request(), command()])), undefined);
  });

  it('does not work otherwise, and it is said why', () => {
    assert.equal(
      smokeTrouble(sampleHistory([command(), command(1)])),
      'dmsetup create ended with status 1: it failed',
    );
    const stop = { kind: 'observation', evidence: 'log', name: DRIVE_STOPPED, value: 'stalled' } as const;
    assert.equal(smokeTrouble(sampleHistory([command(), stop])), 'the scenario stopped: stalled');
    assert.equal(
      smokeTrouble(sampleHistory([command()], sampleEnd({ truncated: true }))),
      'the recording is truncated',
    );
    assert.equal(smokeTrouble(sampleHistory([request()])), 'it ran no command');
  });
});
