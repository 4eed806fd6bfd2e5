import { conformanceTest, eventsOf, legLooks, outcomesOf, regionsListed } from '../../harness/fixtures.js';

const EIO = 5;
const LATER = [1, 2, 3];

// FLUSH-14, FLUSH-15, ERR-10q (dm-log-userspace 8, 9.4): three writes pile up behind the first, so that their marks
// travel together. The group fails, and of its regions one by one the second; with integrated_flush the group alone.
conformanceTest(import.meta.url, {
  title:
    'a failed group of marks is retried region by region up to the first failure, a failed FLUSH with marks is not, and the writes go on',
  ids: ['FLUSH-14', 'FLUSH-15', 'ERR-10q'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'failed-group-not-retried',
    'retries-after-a-failure',
    'failed-payload-flush-retried',
    'write-stops-at-a-failed-mark',
  ],
  drive: async (lab) => {
    for (const integratedFlush of [false, true]) {
      const mirror = lab.mirror({
        name: integratedFlush ? 'integrated' : 'plain',
        regions: 64,
        sync: 'nosync',
        integratedFlush,
      });
      await mirror.create();
      const flushes = lab.puppet.hold('FLUSH');
      const writes = await mirror.writeTogether([0, ...LATER]);
      await flushes.held(1, 12_000);
      let single = 0;
      const second = lab.puppet.fail('MARK_REGION', EIO, {
        where: ({ payload }) => payload.length === 8 && ++single === 2,
      });
      const group = lab.puppet.fail(['MARK_REGION', 'FLUSH'], EIO, {
        where: ({ payload }) => payload.length > 8,
      });
      flushes.release();
      await writes.finished();
      second.lift();
      group.lift();
      for (const region of LATER) await lab.lookAtLegs(region);
      await mirror.remove();
    }
  },
  situation: (history) => {
    const failed = history
      .exchanges('MARK_REGION', 'FLUSH')
      .filter(({ payload, result }) => payload.length === LATER.length * 8 && result === -EIO);
    return failed.length === 2 ? eventsOf(failed) : [];
  },
  expect: (history, check) => {
    const [plain, integrated] = history.instances();
    const group = plain?.exchanges.find(({ name, result }) => name === 'MARK_REGION' && result === -EIO);
    if (group !== undefined) {
      const thread = history.thread(group.node, group.tid);
      const [one, two, next] = thread.slice(thread.indexOf(group) + 1);
      const retried = [one, two].every(
        (mark) =>
          mark?.name === 'MARK_REGION' &&
          mark.payload.length === 8 &&
          LATER.includes(regionsListed(mark)[0] ?? -1),
      );
      const stopped = next?.name !== 'MARK_REGION' && next?.name !== 'FLUSH';
      check(retried && one?.result === 0 && two?.result === -EIO && stopped, {
        id: 'FLUSH-14',
        expected:
          'after the group two marks of one region each, the second of which fails, and neither a third nor a FLUSH',
        seen: outcomesOf([group, one, two, next]),
        events: eventsOf([group, one, two, next]),
      });
    }
    const flushes =
      integrated?.exchanges.filter(({ name, payload }) => name === 'FLUSH' && payload.length > 0) ?? [];
    const carried = flushes.filter((flush) => regionsListed(flush).some((region) => LATER.includes(region)));
    check(carried.length === 1, {
      id: 'FLUSH-15',
      expected: 'one FLUSH with the three marks, which is not repeated',
      seen: outcomesOf(carried),
      events: eventsOf(carried),
    });
    const looks = legLooks(history);
    check(
      looks.length === 2 * LATER.length && looks.every(({ written }) => written.every((there) => there)),
      {
        id: 'ERR-10q',
        expected: 'the data of all writes on all legs, although marking failed',
        seen: looks.map(({ region, written }) => `region ${region}: ${written.join(', ')}`).join('; '),
        events: [...eventsOf([group]), ...looks.map(({ event }) => event)],
      },
    );
  },
});
