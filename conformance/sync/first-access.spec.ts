import {
  conformanceTest,
  eventsOf,
  exchangesDuring,
  outcomesOf,
  regionAsked,
} from '../../harness/fixtures.js';

const WRITTEN = [3, 7];
const READ = [11, 12];

// SYNC-03 (dm-log-userspace 7): the classification asks, and then the entry of the region hash.
conformanceTest(import.meta.url, {
  title: 'a first write to a region asks IN_SYNC twice, and a read of an uncached region once',
  ids: ['SYNC-03'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['write-asks-in-sync-once', 'read-asks-no-in-sync'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write(WRITTEN);
    await mirror.marksCleared();
    await mirror.read(READ);
    await mirror.remove();
  },
  situation: (history) => {
    const done = history
      .commands()
      .filter(({ argv, status }) => status === 0 && argv.join(' ').includes('dd if='));
    return done.length === 2 ? done : [];
  },
  expect: (history, check) => {
    const [write, read] = history.commands().filter(({ argv }) => argv.join(' ').includes('dd if='));
    const expectations = [
      [write, WRITTEN, 2],
      [read, READ, 1],
    ] as const;
    for (const [command, regions, times] of expectations) {
      const queries = exchangesDuring(history, command).filter(({ name }) => name === 'IN_SYNC');
      for (const region of regions) {
        const about = queries.filter((query) => regionAsked(query) === region);
        check(about.length === times, {
          expected: `IN_SYNC ${region} ${times === 1 ? 'once' : 'twice'}`,
          seen: outcomesOf(about),
          events: eventsOf(about.length === 0 ? queries : about),
        });
      }
    }
  },
});
