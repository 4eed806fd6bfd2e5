import { answeredU64, coexisting, conformanceTest } from '../../harness/fixtures.js';

// LUID-08 (dm-log-userspace 6): luids are kernel addresses. On one host they have their high bit and most of their upper
// half in common, so that a daemon that keeps a part of them, or takes them for signed or floating numbers, mixes logs up.
conformanceTest(import.meta.url, {
  title: 'luids with the high bit set that differ in their lower half only name different logs',
  ids: ['LUID-08'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['luid-upper-half'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.reload({ regions: 48, regionSectors: 256 });
    await mirror.write([1]);
    await mirror.resume();
    await mirror.write([1, 40]);
    await mirror.remove();
  },
  situation: (history) =>
    coexisting(history)
      .filter(({ first, second }) => first.luid >> 63n === 1n && first.luid >> 32n === second.luid >> 32n)
      .flatMap(({ events }) => events),
  expect: (history, check) => {
    const sizes = history.exchanges('GET_REGION_SIZE');
    check(sizes.map(answeredU64).join() === '128,256', {
      expected: 'region sizes 128 (first log) and 256 (second log)',
      seen: sizes.map(answeredU64).join(', '),
      events: sizes.flatMap((exchange) => exchange.events()),
    });
    for (const { luid, exchanges } of history.instances()) {
      const failed = exchanges.filter(({ result }) => result !== undefined && result !== 0);
      check(failed.length === 0, {
        expected: `every request of luid 0x${luid.toString(16)} succeeds`,
        seen: failed.map(({ name, result }) => `${String(name)}: ${String(result)}`).join(', '),
        events: failed.flatMap((exchange) => exchange.events()),
      });
    }
  },
});
