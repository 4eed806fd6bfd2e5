import {
  conformanceTest,
  coexisting,
  endedBefore,
  exchangesAfter,
  requestsFailed,
} from '../../harness/fixtures.js';

// LUID-02 (dm-log-userspace 6.1): a table that was loaded and dropped again takes its own log with it, and no other.
conformanceTest(import.meta.url, {
  title: 'dropping an inactive table leaves the active log fully functional',
  ids: ['LUID-02'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['dtr-by-uuid'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.reload({ regions: 128 });
    await mirror.clearInactive({ regions: 64 });
    await mirror.write([5, 63]);
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) =>
    coexisting(history)
      .filter(({ first, second }) => endedBefore(history, second, first))
      .flatMap(({ events }) => events),
  expect: (history, check) => {
    const [active, dropped] = history.instances();
    const destroyed = history.exchanges('DTR').find(({ luid }) => luid === dropped?.luid);
    const later = exchangesAfter(history, destroyed).filter(({ luid }) => luid === active?.luid);
    const failed = requestsFailed(later);
    check(failed.length === 0, {
      expected: 'every request of the active log after the DTR of the inactive one succeeds',
      seen: failed.map((exchange) => `${String(exchange.name)}: ${String(exchange.result)}`).join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
    check(
      later.some(({ name }) => name === 'MARK_REGION'),
      {
        expected: 'the active log takes marks after the DTR of the inactive one',
        seen: `only ${later.map(({ name }) => name).join(', ')}`,
        events: destroyed?.events() ?? [],
      },
    );
  },
});
