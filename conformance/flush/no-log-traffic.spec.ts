import {
  commandsWith,
  conformanceTest,
  eventsOf,
  exchangesDuring,
  outcomesOf,
} from '../../harness/fixtures.js';

/** Fields of /sys/block/DISK/stat: completed discards and completed flushes (Documentation/block/stat.rst). */
const [DISCARDS, FLUSHES] = [11, 15];

// FLUSH-06, FLUSH-07 (dm-log-userspace 7): the counters of a leg show that the flush and the discard did come there.
conformanceTest(import.meta.url, {
  title: 'an fsync without marks sends no request, and a discard neither marks nor clears nor flushes',
  ids: ['FLUSH-06', 'FLUSH-07'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['fsync-flushes-the-log', 'discard-marks-regions'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    const counters = ['cat', `/sys/block/${(lab.legs[1] ?? '').replace('/dev/', '')}/stat`];
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await lab.run(counters);
    await lab.run(['sync', mirror.device]);
    await lab.run(['blkdiscard', '--force', '--offset', '65536', '--length', '131072', mirror.device]);
    await lab.run(counters);
    await mirror.remove();
  },
  situation: (history) => {
    const looks = history.commands().filter(({ argv }) => argv[0] === 'cat');
    const [before = [], after = []] = looks.map(({ stdout }) => stdout.trim().split(/ +/).map(Number));
    const more = (field: number): boolean => (after[field] ?? 0) > (before[field] ?? 0);
    return more(DISCARDS) && more(FLUSHES) ? looks : [];
  },
  expect: (history, check) => {
    const about = [
      ['FLUSH-06', 'sync'],
      ['FLUSH-07', 'blkdiscard'],
    ] as const;
    for (const [id, program] of about) {
      const command = commandsWith(history, program)[0];
      const asked = exchangesDuring(history, command).filter(
        ({ name }) =>
          id === 'FLUSH-06' || name === 'MARK_REGION' || name === 'CLEAR_REGION' || name === 'FLUSH',
      );
      check(command?.status === 0 && asked.length === 0, {
        id,
        expected: `${program} succeeds and causes no ${id === 'FLUSH-06' ? 'request' : 'MARK_REGION, CLEAR_REGION or FLUSH'}`,
        seen: `status ${String(command?.status)}; ${outcomesOf(asked)}`,
        events: [...(command === undefined ? [] : [command]), ...eventsOf(asked)],
      });
    }
    const work = history.exchanges('MARK_REGION', 'CLEAR_REGION', 'FLUSH');
    check(work.length > 0, {
      expected: 'the write before shows up in the probes',
      seen: 'no request of any write',
      events: eventsOf(work),
    });
  },
});
