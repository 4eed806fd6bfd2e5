import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plannedTest, type PlannedKernel, type PlannedRun } from '../plan/run-plan.js';
import { samplePlannedKernel } from '../plan/sample-plan.js';
import { sampleTest } from '../plan/sample-suite.js';
import { mergePlans, standIns, type ShardPlan } from './merge-plans.js';
import { digestOf } from './shard.js';

const asked = {
  suite: { name: 'ulogcheck', version: '1' },
  ...{ suiteDigest: 'd', catalogue: { requirements: 1, digest: 'c' }, started: '2026-08-01T00:00:00.000Z' },
  argv: [],
  options: {
    ...({
      kernels: ['a,b'],
      daemon: 'reference',
      userland: 'trixie',
      tier: 'quick',
      grep: [],
      strict: false,
    } as const),
  },
};

type Tests = Readonly<Record<string, readonly string[]>>;

function runsOf(tests: Tests, out: string): PlannedRun[] {
  return Object.entries(tests).map(([label, titles]) => ({
    ...{ project: `${label}/run`, kernel: label, daemon: 'reference', mutant: null },
    directory: `${out}/${label}`,
    tests: titles.map((title) => plannedTest(sampleTest({ title }))),
  }));
}

/** What all shards have together. */
const WHOLE = digestOf(runsOf({ b: ['y', 'x'], a: ['x', 'y'], c: [] }, '/'));

/** A shard that has these tests on these kernels. */
function shard(index: number, tests: Tests, plan: Partial<ShardPlan['plan']> = {}): ShardPlan {
  const part = { index, total: 2, whole: WHOLE };
  return {
    directory: `s${index}`,
    shard: part,
    plan: {
      ...{ schemaVersion: 2, out: `/s${index}`, seed: 1, workers: 1, userland: 'trixie', tier: 'quick' },
      asked: { ...asked, options: { ...asked.options, kernels: ['a,b'], grep: [] }, argv: [], shard: part },
      machine: { qemu: 'QEMU 10', lvmVersion: '2' },
      kernels: Object.keys(tests).map((label) => samplePlannedKernel({ label })),
      runs: runsOf(tests, `/s${index}`),
      ...plan,
    },
  };
}

function sampleState(state: PlannedKernel['state'], reason = ''): PlannedKernel {
  return samplePlannedKernel({ label: 'b', state, reason });
}

const one = shard(1, { a: ['x', 'y'], b: ['x'] });
const two = shard(2, { b: ['y'] });

describe('shards', () => {
  it('become the plan of the whole, whatever their order', () => {
    const { kernels, runs, asked: merged } = mergePlans([two, one]);
    assert.deepEqual(
      kernels.map(({ label }) => label),
      ['a', 'b'],
    );
    assert.deepEqual(
      runs.map(({ project, directory, tests }) => [
        project,
        directory,
        tests.map(({ title }) => title).join(),
      ]),
      [
        ['a/run', '/s1/a', 'x,y'],
        ['b/run', '/s1/b', 'x,y'],
      ],
    );
    assert.equal(merged.shard, undefined);
  });

  it('name the suites that any of them left out', () => {
    const without = (one: ShardPlan, ...suites: string[]): ShardPlan => ({
      ...one,
      plan: {
        ...one.plan,
        asked: {
          ...one.plan.asked,
          suitesLeftOut: suites.map((suite) => ({ suite, reason: one.directory })),
        },
      },
    });
    assert.deepEqual(
      mergePlans([without(one, 'duke', 'forky'), without(two, 'sid', 'duke')]).asked.suitesLeftOut,
      [
        { suite: 'duke', reason: 's1' },
        { suite: 'forky', reason: 's1' },
        { suite: 'sid', reason: 's2' },
      ],
    );
    assert.equal(mergePlans([one, two]).asked.suitesLeftOut, undefined);
  });

  it('must all be there, each once, and of one run', () => {
    const other = (plan: Partial<ShardPlan['plan']>): ShardPlan => shard(2, { b: ['y'] }, plan);
    const refused: readonly [readonly ShardPlan[], RegExp][] = [
      [[one], /^merge: of 2 shards 2 is missing\./],
      [[one, { ...one, directory: 'copy' }], /^merge: s1 and copy are both shard 1\. Name each once\.$/],
      [[one, other({ seed: 2 })], /s2 has another seed than s1.* Give all of them the same --seed\.$/],
      [[one, { ...two, shard: { ...two.shard, whole: 'v' } }], /other kernels or tests than s1/],
      [[one, other({ asked: { ...two.plan.asked, suiteDigest: 'e' } })], /another version of the suite/],
      [[one, other({ machine: { qemu: '', lvmVersion: '3' } })], /another version of LVM/],
      [
        [one, other({ kernels: [samplePlannedKernel({ label: 'b', identity: ['else'] })] })],
        /kernel b is not the same/,
      ],
      [
        [one, other({ kernels: [sampleState('not-applicable', 'it lacks CONFIG_DM_MIRROR')] })],
        /kernel b is not the same in all shards: one tested it, in another it lacks CONFIG_DM_MIRROR/,
      ],
      [[one, shard(2, { b: ['x'] })], /the tests of the shards are not those of the run, each once/],
    ];
    for (const [shards, message] of refused)
      assert.throws(() => mergePlans(shards), { name: 'UsageError', message });
  });

  it('say of a kernel that only one of them could prepare which tests are missing', () => {
    const failed = shard(
      2,
      { b: ['y'] },
      {
        kernels: [samplePlannedKernel({ label: 'b', state: 'infra', reason: 'the disk is full' })],
      },
    );
    const merged = mergePlans([one, failed]);
    assert.deepEqual(
      merged.kernels.map(({ state }) => state),
      ['ready', 'ready'],
    );
    assert.deepEqual(
      standIns([one, failed], merged).map(({ project, outcome }) => [
        ...[project, outcome.test, outcome.judgements[0]?.verdict, outcome.judgements[0]?.reason],
      ]),
      [['b/run', 'y', 'infra', 'the disk is full']],
    );
  });

  it('lose no trouble of a kernel: one that a shard could not prepare is infra, whatever the others say', () => {
    const cases: readonly [PlannedKernel['state'], PlannedKernel['state'], PlannedKernel['state']][] = [
      ['infra', 'not-applicable', 'infra'],
      ['not-applicable', 'infra', 'infra'],
      ['infra', 'waiting', 'infra'],
      ['not-applicable', 'waiting', 'waiting'],
      ['not-applicable', 'not-applicable', 'not-applicable'],
    ];
    for (const [mine, other, whole] of cases) {
      const [a = sampleState('ready')] = one.plan.kernels;
      const shards = [
        shard(1, { a: ['x', 'y'], b: ['x'] }, { kernels: [a, sampleState(mine, mine)] }),
        shard(2, { b: ['y'] }, { kernels: [sampleState(other, other)] }),
      ];
      const merged = mergePlans(shards);
      assert.equal(merged.kernels.find(({ label }) => label === 'b')?.state, whole, `${mine} and ${other}`);
      // A kernel that counts as tested: what is known of the others is not told as "never ran".
      const stand = standIns(shards, merged).map(({ outcome }) => outcome.judgements[0]?.reason);
      assert.deepEqual(stand, whole === 'waiting' ? ['not-applicable'] : []);
    }
  });
});
