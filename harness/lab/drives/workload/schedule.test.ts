import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DRIVE_MUTANTS, FIRMWARE_2023, MutexCommands } from '../../../disks/idm/index.js';
import { History, lockExchanges } from '../../../history/index.js';
import { judgeLockCalls, judgeLocks, PRESCRIBED } from '../../../oracle/locks/index.js';
import { sampleHistory } from '../../../results/sample-history.js';
import { FLAVOURS, HOSTS, MAJORITY, type Flavour, type Mishap } from './deeds.js';
import { lockSchedule } from './schedule.js';
import { playOnDesk } from './testing/desk.js';

const SEEDS = Array.from({ length: 6 }, (_unused, seed) => seed);
const good = () => new MutexCommands(FIRMWARE_2023);
const kindsOf = (seed: number, flavour: Flavour): Set<Mishap['kind']> =>
  new Set(
    lockSchedule(seed, flavour).rounds.flatMap(({ mishaps }) => mishaps.map(({ mishap }) => mishap.kind)),
  );
/** As a drive that tells nothing is judged. */
const untraced = <E extends { readonly kind: string }>(events: readonly E[]) =>
  events.filter(({ kind }) => kind !== 'disk-command');

void describe('a schedule of locks', () => {
  void it('is the same for the same seed, and another one for another seed or flavour', () => {
    for (const flavour of FLAVOURS) {
      assert.deepEqual(lockSchedule(5, flavour), lockSchedule(5, flavour));
      assert.notDeepEqual(lockSchedule(5, flavour).rounds, lockSchedule(8, flavour).rounds);
    }
    assert.notDeepEqual(lockSchedule(5, 'kills').rounds, lockSchedule(5, 'paths').rounds);
    // The largest seed that a run draws.
    assert.equal(lockSchedule(2 ** 31 - 1, 'clocks').rounds.length > 0, true);
  });

  void it('has one, two or three drives, and asks all of them for what is about the majority', () => {
    assert.deepEqual(new Set(SEEDS.map((seed) => lockSchedule(seed, 'kills').drives)), new Set([1, 2, 3]));
    for (const seed of SEEDS)
      for (const { deeds } of lockSchedule(seed, 'paths').rounds) {
        assert.equal(deeds.length, HOSTS);
        for (const { resource, drive } of deeds.flat())
          assert.equal(drive === undefined, resource === MAJORITY);
      }
  });

  void it('has what its flavour is about, and time in all of them', () => {
    for (const seed of SEEDS) {
      assert.deepEqual(kindsOf(seed, 'kills'), new Set(['elapse', 'kill']));
      assert.deepEqual(kindsOf(seed, 'clocks'), new Set(['elapse', 'wall-clock']));
      assert.ok(kindsOf(seed, 'paths').has('drop') && kindsOf(seed, 'paths').has('elapse'));
    }
    const paths = new Set(SEEDS.flatMap((seed) => [...kindsOf(seed, 'paths')]));
    assert.deepEqual(paths, new Set(['elapse', 'drop', 'reset', 'silence']));
  });
});

void describe('a schedule that is played', () => {
  void it('makes the same calls again, whoever is quicker, as long as the answers are the same', async () => {
    const lines = async (shuffle: number) => {
      const events = await playOnDesk(lockSchedule(3, 'clocks'), good, shuffle);
      const { header, end } = sampleHistory([]);
      return lockExchanges(new History(header, events, end)).map(({ line }) => line);
    };
    assert.deepEqual(await lines(1), await lines(1));
    assert.notDeepEqual(await lines(1), await lines(2));
  });

  void it('on good drives: all ways of judging find nothing, and no search is given up', async (context) => {
    const seen: { calls: number; steps: number; ms: number }[] = [];
    for (const flavour of FLAVOURS)
      for (const seed of SEEDS) {
        const events = await playOnDesk(lockSchedule(seed, flavour), good);
        const nothing = { deviations: [], contradictions: [], undecided: [] };
        const began = performance.now();
        assert.deepEqual(judgeLocks(events), nothing, `${flavour} ${seed}`);
        const ms = performance.now() - began;
        assert.deepEqual(judgeLocks(untraced(events)), nothing, `${flavour} ${seed}, untraced`);
        const calls = events.filter(({ kind }) => kind === 'lock-call').length;
        const steps = judgeLockCalls(events, () => ({ profile: PRESCRIBED })).map(
          ({ result }) => result.steps,
        );
        seen.push({ calls, steps: Math.max(...steps), ms });
      }
    const most = (of: (one: (typeof seen)[number]) => number) => Math.round(Math.max(...seen.map(of)));
    context.diagnostic(
      `${seen.length} workloads: at most ${most(({ calls }) => calls)} calls, ${most(({ steps }) => steps)} steps of ` +
        `one search, ${most(({ ms }) => ms)} ms to judge`,
    );
  });

  // Of several kinds; each is found by the drives' traces and by calls and answers alone.
  const SURE = [
    ...['two-exclusive-holders', 'gives-in', 'expired-granted-without-break', 'relock-granted'],
    ...['contention-is-terminated', 'refresh-by-stranger', 'breaks-live-holders', 'unlocks-for-strangers'],
    ...['unlock-keeps-lock', 'unlock-forgets-record', 'lease-too-long', 'lease-too-short', 'sharers-refused'],
    ...['promotes-beside-sharers', 'unlock-drops-sharers', 'timeout-told-as-locked', 'countdown-ticks'],
  ];
  for (const mutant of SURE)
    void it(`finds ${mutant} in each of three, with a trace and without`, async () => {
      const broken = DRIVE_MUTANTS.find(({ name }) => name === mutant);
      assert.ok(broken !== undefined);
      // With two drives, three, and one.
      for (const [flavour, seed] of [['kills', 1] as const, ['paths', 2] as const, ['clocks', 3] as const]) {
        const events = await playOnDesk(lockSchedule(seed, flavour), () => broken.create(FIRMWARE_2023));
        const { deviations, contradictions } = judgeLocks(events);
        assert.deepEqual(contradictions, []);
        assert.ok(deviations.length > 0, `${flavour} ${seed}`);
        assert.ok(judgeLocks(untraced(events)).deviations.length > 0, `${flavour} ${seed}, untraced`);
      }
    });
});
