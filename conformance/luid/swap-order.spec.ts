import { conformanceTest, coexisting, lifeCycle } from '../../harness/fixtures.js';

// LUID-05 (dm-log-userspace 6.1): the order on which every daemon's bookkeeping of two logs of one UUID rests.
conformanceTest(import.meta.url, {
  title: 'one resume that swaps a table in sends PRESUSPEND old, POSTSUSPEND old, RESUME new, DTR old',
  ids: ['LUID-05'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'swap-destroys-old-before-resuming-new',
    'swap-resumes-new-before-postsuspend-old',
    'luid-always-zero',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.reload({ regions: 128 });
    await mirror.resume();
    await mirror.write([100]);
    await mirror.remove();
  },
  situation: (history) => coexisting(history).flatMap((pair) => pair.events),
  expect: (history, check) => {
    const [old, next] = history.instances();
    const seen = lifeCycle(history)
      .slice(2)
      .map(
        ({ name, luid }) =>
          `${String(name)} ${luid === old?.luid ? 'old' : luid === next?.luid ? 'new' : '?'}`,
      );
    const expected = ['CTR new', 'PRESUSPEND old', 'POSTSUSPEND old', 'RESUME new', 'DTR old'];
    check(seen.slice(0, 5).join(', ') === expected.join(', '), {
      expected: expected.join(', '),
      seen: seen.slice(0, 5).join(', '),
      events: lifeCycle(history).flatMap((exchange) => exchange.events()),
    });
  },
});
