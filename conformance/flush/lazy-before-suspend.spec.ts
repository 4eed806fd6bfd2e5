import { conformanceTest, eventsOf, milliseconds } from '../../harness/fixtures.js';

// FLUSH-12 (dm-log-userspace 8): the resync of one region leaves a lazy FLUSH pending for 3 s.
conformanceTest(import.meta.url, {
  title: 'a pending lazy flush is sent before POSTSUSPEND and DTR',
  ids: ['FLUSH-12'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['pending-lazy-flush-dropped', 'pending-lazy-flush-after-postsuspend'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 1, integratedFlush: true });
    await mirror.create();
    await lab.returned('CLEAR_REGION', 1);
    await mirror.remove();
  },
  situation: (history) => {
    const [clear] = history.exchanges('CLEAR_REGION');
    const [post] = history.exchanges('POSTSUSPEND');
    const [from, to] = [clear?.return?.t, post?.request?.t];
    return from !== undefined && to !== undefined && milliseconds(to - from) < 2900
      ? eventsOf([clear, post])
      : [];
  },
  expect: (history, check) => {
    const end = history.exchanges('CLEAR_REGION', 'FLUSH', 'PRESUSPEND', 'POSTSUSPEND', 'DTR');
    const seen = end.map(({ name }) => String(name)).join(', ');
    check(/^CLEAR_REGION, (PRESUSPEND, FLUSH|FLUSH, PRESUSPEND), POSTSUSPEND, DTR$/.test(seen), {
      expected: 'CLEAR_REGION, PRESUSPEND, FLUSH, POSTSUSPEND, DTR',
      seen,
      events: eventsOf(end),
    });
  },
});
