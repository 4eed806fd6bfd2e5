/** Both checkers of lock histories on the same runs: the replay of the drive's trace, and what hosts can tell. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  judgeLockCalls,
  judgeLocks,
  judgeQuorum,
  PRESCRIBED,
  replayDrives,
} from '../../oracle/locks/index.js';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2023 } from './firmware.js';
import { DRIVE_MUTANTS } from './mutants/mutants.js';
import { TestDrive } from './testing/drive.js';
import { runWorkload, type PlannedCall } from './testing/workload.js';

const OPTIONS = { profile: PRESCRIBED, most: 50_000 };

const OPS: readonly PlannedCall['op'][] = [
  ...(['trylock', 'trylock', 'trylock', 'unlock', 'unlock', 'unlock', 'refresh', 'break'] as const),
  ...(['destroy', 'read', 'read'] as const),
];

const plannedCall: fc.Arbitrary<PlannedCall> = fc.record({
  op: fc.constantFrom(...OPS),
  host: fc.constantFrom('A', 'B', 'C'),
  resource: fc.constantFrom('p', 'p', 'p', 'q'),
  mode: fc.constantFrom('ex', 'ex', 'sh'),
  lease: fc.constantFrom(0n, 5n, 20n, 1_000n),
  pause: fc.constantFrom(0, 1, 2, 10, 30),
  way: fc.constantFrom(0, 1, 3),
  back: fc.constantFrom(0, 1, 3),
  lost: fc.constantFrom(false, false, false, false, false, false, true),
});
/** Of the samples for mutants: which are refuted must not depend on luck. */
const SEED = 6;

const workloads = fc.array(plannedCall, { minLength: 2, maxLength: 20 });
const longWorkloads = fc.array(plannedCall, { minLength: 20, maxLength: 20 });

const deviates = (trace: Parameters<typeof replayDrives>[0]) =>
  replayDrives(trace, PRESCRIBED).deviations.length > 0;
const verdicts = (calls: Parameters<typeof judgeLockCalls>[0]) =>
  judgeLockCalls(calls, () => OPTIONS).map(({ result }) => result.verdict);

void describe('lock histories', () => {
  void it('of the drive: the replay finds nothing, and what hosts saw is explained', () => {
    fc.assert(
      fc.property(workloads, (planned) => {
        const { calls, trace } = runWorkload(new TestDrive(new MutexCommands()), planned);
        assert.deepEqual(replayDrives(trace, PRESCRIBED).deviations, []);
        assert.ok(verdicts(calls).every((verdict) => verdict === 'linearizable'));
      }),
      { numRuns: 400 },
    );
  });

  void it('of mutants: what hosts saw is refuted only where the trace deviates, and is refuted for those they can see', () => {
    const refuted = new Set<string>();
    const deviating = new Set<string>();
    const samples = fc.sample(longWorkloads, { numRuns: 12, seed: SEED });
    for (const { name, create } of DRIVE_MUTANTS)
      for (const planned of samples) {
        const { calls, trace } = runWorkload(new TestDrive(create(FIRMWARE_2023)), planned);
        const wrong = deviates(trace);
        if (wrong) deviating.add(name);
        if (!verdicts(calls).includes('not-linearizable')) continue;
        assert.ok(
          wrong,
          `${name}: refuted although the trace is right: ${JSON.stringify(planned, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`,
        );
        refuted.add(name);
      }
    for (const name of [
      'two-exclusive-holders',
      'relock-granted',
      'breaks-live-holders',
      'unlock-keeps-lock',
      'lvb-lost',
    ])
      assert.ok(refuted.has(name), `${name} not refuted in ${samples.length} histories`);
    assert.ok(refuted.size >= 20, `${refuted.size} mutants refuted, ${deviating.size} deviate`);
  });

  void it('of three drives at once: both ways agree, and no majorities conflict, whether drives are good or broken', () => {
    const both = (create: () => MutexCommands, plans: readonly (readonly PlannedCall[])[]) => {
      const events = plans.flatMap((planned, index) => {
        const { calls, trace } = runWorkload(new TestDrive(create()), planned, `D${index}`);
        const told = calls.map((event) => ({ ...event, call: event.call + 100 * index }));
        const traced = trace.map((event) =>
          'executed' in event ? { ...event, executed: event.executed + 1000 * index } : event,
        );
        return [...told, ...traced];
      });
      const ordered = events.toSorted((a, b) => Number(a.t - b.t)).map((event, n) => ({ ...event, n }));
      return judgeLocks(ordered, OPTIONS);
    };
    const three = fc.tuple(workloads, workloads, workloads);
    fc.assert(
      fc.property(three, (plans) => {
        assert.deepEqual(
          both(() => new MutexCommands(), plans),
          { deviations: [], contradictions: [], undecided: [] },
        );
      }),
      { numRuns: 150 },
    );
    const [planned] = fc.sample(fc.tuple(longWorkloads, longWorkloads, longWorkloads), {
      numRuns: 1,
      seed: SEED,
    });
    for (const { name, create } of DRIVE_MUTANTS)
      assert.deepEqual(both(() => create(FIRMWARE_2023), planned ?? []).contradictions, [], name);
  });

  void it('of three drives: hosts that take majorities never hold conflicting ones, unless two drives are broken', () => {
    const broken = DRIVE_MUTANTS.find(({ name }) => name === 'two-exclusive-holders');
    assert.ok(broken !== undefined);
    const verdictWith = (bad: number) => {
      const lock = (host: string): PlannedCall => ({
        ...{ op: 'trylock', host, resource: 'p', mode: 'ex', lease: 1_000n },
        ...{ pause: 5, way: 1, back: 1, lost: false },
      });
      const events = [0, 1, 2].flatMap((index) => {
        const drive = new TestDrive(index < bad ? broken.create(FIRMWARE_2023) : new MutexCommands());
        const { calls } = runWorkload(drive, [lock('A'), lock('B')], `D${index}`);
        return calls.map((event) => ({ ...event, call: event.call + 10 * index }));
      });
      return judgeQuorum(events.toSorted((a, b) => Number(a.t - b.t)).map((event, n) => ({ ...event, n })))
        .verdict;
    };
    assert.deepEqual([0, 1, 2, 3].map(verdictWith), ['holds', 'holds', 'broken', 'broken']);
  });

  void it('hosts that ask different drives: nothing is said of their quorum', () => {
    const at = (host: string, drive: string) =>
      runWorkload(
        new TestDrive(new MutexCommands()),
        [
          {
            op: 'trylock',
            host,
            resource: 'p',
            mode: 'ex',
            lease: 9n,
            pause: 1,
            way: 0,
            back: 1,
            lost: false,
          },
        ],
        drive,
      ).calls;
    const events = [...at('A', 'D1'), ...at('B', 'D2').map((event) => ({ ...event, call: 9 }))];
    assert.equal(judgeQuorum(events).verdict, 'unknown');
  });
});
