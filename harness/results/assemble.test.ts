import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plannedTest } from '../plan/run-plan.js';
import { sampleCatalogue, sampleRequirement, sampleTest } from '../plan/sample-suite.js';
import { assembleResults, type AssembleInput } from './assemble.js';
import { runResultsSchema, type RequirementResult } from './model.js';
import { sampleJudgement, sampleKernel, sampleOutcome } from './sample-history.js';
import { SAMPLE_DESCRIPTION } from './sample-run.js';

const catalogue = sampleCatalogue(
  sampleRequirement('LUID-01'),
  sampleRequirement('LUID-02'),
  sampleRequirement('SYNC-01', { subject: 'both' }),
  sampleRequirement('TRN-04', {
    subject: 'kernel',
    knownDefect: { kernels: '>=6.6', finding: 'anybody may join' },
  }),
);

const run = SAMPLE_DESCRIPTION;

function assemble(given: Partial<AssembleInput>): ReturnType<typeof assembleResults> {
  const results = assembleResults({
    catalogue,
    selected: catalogue.requirements,
    planned: [plannedTest(sampleTest())],
    leftOut: [],
    outcomes: [],
    out: '/out',
    kernels: [sampleKernel()],
    userland: 'trixie',
    daemon: 'reference',
    tier: 'quick',
    run,
    ...given,
  });
  assert.deepEqual(runResultsSchema.parse(JSON.parse(JSON.stringify(results))), results);
  return results;
}

function only(id: string, given: Partial<AssembleInput>): RequirementResult {
  const found = assemble(given).requirements.find((result) => result.id === id);
  assert.ok(found !== undefined);
  return found;
}

describe('results', () => {
  it('hold every selected requirement, the untested as unknown with the reason `no test`', () => {
    const results = assemble({ outcomes: [sampleOutcome([sampleJudgement('pass')])] });
    assert.deepEqual(
      results.requirements.map(({ id, verdict, reason, subjectName }) => [id, verdict, reason, subjectName]),
      [
        ['LUID-01', 'pass', 'it is pass', 'reference'],
        ['LUID-02', 'unknown', 'no test', 'reference'],
        ['SYNC-01', 'unknown', 'no test', 'reference on 6.12.107'],
        ['TRN-04', 'unknown', 'no test', '6.12.107'],
      ],
    );
    assert.deepEqual(results.summary, { pass: 1, fail: 0, unknown: 3, infra: 0, notApplicable: 0 });
  });

  it('name the userland and, once nodes were made of it, its LVM', () => {
    const { userland, lvmVersion } = only('LUID-01', { userland: 'bullseye', lvmVersion: '2.03.11' });
    assert.deepEqual([userland, lvmVersion], ['bullseye', '2.03.11']);
    assert.ok(!('lvmVersion' in only('LUID-01', {})));
  });

  it('point at the evidence, relative to results.json', () => {
    const evidence = [{ kind: 'probe', path: 'history.jsonl', events: [1, 2] }] as const;
    const judgement = sampleJudgement('pass', {
      evidence: evidence.map((one) => ({ ...one, events: [...one.events] })),
    });
    const result = only('LUID-01', { outcomes: [sampleOutcome([judgement])] });
    assert.deepEqual(result.evidence, [
      { kind: 'probe', path: 'tests/coexist/history.jsonl', events: [1, 2] },
    ]);
    assert.equal(result.tests[0]?.directory, 'tests/coexist');
    assert.equal(result.durationMs, 1500);
  });

  it('combine several tests, with the reasons of those that decide', () => {
    const failure = { by: 'oracle', expected: 'a', seen: 'b', events: [3] } as const;
    const failed = sampleJudgement('fail', { failures: [{ ...failure, events: [...failure.events] }] });
    const other = sampleOutcome([failed], {
      test: 'other',
      directory: '/out/tests/other',
      findings: [{ finding: 'warning', title: 'WARNING in f', text: 'W', event: 9 }],
    });
    const results = assemble({ outcomes: [sampleOutcome([sampleJudgement('pass')]), other] });
    const [result] = results.requirements;
    assert.equal(result?.verdict, 'fail');
    assert.equal(result.reason, 'it is fail');
    assert.equal(result.tests.length, 2);
    assert.deepEqual(result.failures, [{ ...failure, test: 'other' }]);
    assert.deepEqual(results.findings, [
      {
        finding: 'warning',
        title: 'WARNING in f',
        text: 'W',
        event: 9,
        kernel: '6.12.107',
        test: 'other',
        path: 'tests/other/history.jsonl',
      },
    ]);
  });

  it('show what broke on the way outside the selection, marked so and not counted', () => {
    const outcome = sampleOutcome([sampleJudgement('pass'), sampleJudgement('fail', { id: 'SYNC-01' })]);
    const { requirements, summary } = assemble({
      selected: catalogue.requirements.slice(0, 1),
      outcomes: [outcome],
    });
    assert.deepEqual(
      requirements.map(({ id, verdict, selected }) => [id, verdict, selected]),
      [
        ['LUID-01', 'pass', true],
        ['SYNC-01', 'fail', false],
      ],
    );
    assert.deepEqual(summary, { pass: 1, fail: 0, unknown: 0, infra: 0, notApplicable: 0 });
  });

  it('know a known defect by the kernel', () => {
    const outcomes = [sampleOutcome([sampleJudgement('fail', { id: 'TRN-04' })])];
    assert.equal(only('TRN-04', { outcomes }).known, true);
    assert.deepEqual(only('TRN-04', { outcomes }).knownDefect, {
      kernels: '>=6.6',
      finding: 'anybody may join',
    });
    // Its release says 6.6, and it is older: the release of a kernel is an ABI's number only.
    const old = only('TRN-04', {
      outcomes: [sampleOutcome([sampleJudgement('fail', { id: 'TRN-04' })], { kernel: '6.6.0-4' })],
      kernels: [sampleKernel({ label: '6.6.0-4', release: '6.6.0-4', version: '6.1.192' })],
    });
    assert.deepEqual([old.known, old.knownDefect], [false, null]);
    const gone = [sampleOutcome([sampleJudgement('pass', { id: 'TRN-04' })])];
    assert.equal(only('TRN-04', { outcomes: gone }).known, false);
  });

  it('take a failure that is unlike the known defect for another one', () => {
    const about = { kernels: '>=6.6', finding: 'anybody may join', shows: '^it succeeded' };
    const strict = sampleCatalogue(sampleRequirement('TRN-04', { subject: 'kernel', knownDefect: about }));
    const known = (...seen: string[]): boolean => {
      const failures = seen.map((one) => ({
        expected: 'EPERM',
        seen: one,
        by: 'expectation' as const,
        events: [],
      }));
      const judgement = { ...sampleJudgement('fail', { id: 'TRN-04' }), failures };
      const result = only('TRN-04', {
        catalogue: strict,
        selected: strict.requirements,
        outcomes: [sampleOutcome([judgement])],
      });
      assert.equal(result.knownDefect === null, !result.known);
      return result.known;
    };
    assert.equal(known('it succeeded, and no request arrived', 'it succeeded, and seq 3 arrived'), true);
    assert.equal(known('it succeeded, and no request arrived', 'errno 1, and seq 3 arrived'), false);
    assert.equal(known(), false);
  });

  it('of several kernels follow each other, each with its own outcomes', () => {
    const kernels = [
      sampleKernel({ label: '5.10' }),
      sampleKernel({ label: '6.1', state: 'not-applicable', reason: 'it lacks CONFIG_PVH' }),
      sampleKernel({ label: '6.6', state: 'infra', reason: 'it did not boot' }),
      sampleKernel(),
    ];
    const outcomes = [
      sampleOutcome([sampleJudgement('pass')], { kernel: '5.10' }),
      sampleOutcome([sampleJudgement('fail')]),
    ];
    const said = assemble({ kernels, outcomes })
      .requirements.filter(({ id }) => id === 'LUID-01')
      .map(({ kernel, verdict, reason }) => [kernel, verdict, reason]);
    assert.deepEqual(said, [
      ['5.10', 'pass', 'it is pass'],
      ['6.1', 'not-applicable', 'it lacks CONFIG_PVH'],
      ['6.6', 'infra', 'it did not boot'],
      ['6.12.107', 'fail', 'it is fail'],
    ]);
  });

  it('say what became of a planned test that left nothing', () => {
    const lost = only('LUID-01', {});
    assert.deepEqual([lost.verdict, lost.reason], ['infra', 'its test was planned but never ran']);
    const cut = only('LUID-01', { run: { ...run, interrupted: true } });
    assert.deepEqual([cut.verdict, cut.reason], ['unknown', 'the run was interrupted before its test ended']);
  });

  it('are infra for an id about which its test left no judgement', () => {
    const planned = [plannedTest(sampleTest({ ids: ['LUID-01', 'LUID-02'] }))];
    const outcomes = [sampleOutcome([sampleJudgement('pass')], { ids: ['LUID-01', 'LUID-02'] })];
    const silent = only('LUID-02', { planned, outcomes });
    assert.deepEqual(
      [silent.verdict, silent.reason],
      ['infra', 'the test "two logs coexist" ended without a judgement about it'],
    );
    assert.equal(silent.tests[0]?.directory, 'tests/coexist');
    assert.equal(only('LUID-01', { planned, outcomes }).verdict, 'pass');
  });

  it('say when only the other tier has a test', () => {
    const leftOut = [plannedTest(sampleTest({ ids: ['LUID-02'], tier: 'full' }))];
    assert.equal(only('LUID-02', { leftOut }).reason, 'no test in the quick tier (1 in the full tier)');
  });
});
