import {
  answeredU64,
  conformanceTest,
  coexisting,
  whileActive,
  whilePending,
} from '../../harness/fixtures.js';

// LUID-01, LUID-11 (dm-log-userspace 6.2): the two logs differ in length, region size and state, so that an answer
// from the wrong one is a wrong answer.
conformanceTest(import.meta.url, {
  title: 'two logs of one UUID coexist and each request acts on its own luid',
  ids: ['LUID-01', 'LUID-11'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: [
    'last-created-wins',
    'first-created-wins',
    'parameters-of-first-ctr',
    'resume-destroys-old',
    'live-count-for-pending',
    'state-copied-to-pending',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, regionSectors: 128, sync: 'nosync' });
    await mirror.create();
    await mirror.reload({ regions: 48, regionSectors: 256, sync: 'default' });
    await mirror.status();
    await mirror.write([3]);
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.write([40]);
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) => coexisting(history).flatMap((pair) => pair.events),
  expect: (history, check) => {
    const [old, fresh] = history.instances();
    const sizes = history.exchanges('GET_REGION_SIZE').map(answeredU64);
    check(sizes.join() === '128,256', {
      id: 'LUID-01',
      expected: 'region sizes 128 (first log) and 256 (second log)',
      seen: sizes.join(', '),
      events: history.exchanges('GET_REGION_SIZE').flatMap((exchange) => exchange.events()),
    });
    for (const count of whileActive(old)) {
      if (count.name !== 'GET_SYNC_COUNT') continue;
      check(answeredU64(count) === 64n, {
        id: 'LUID-01',
        expected: 'the active first log reports its own 64 regions in sync',
        seen: String(answeredU64(count)),
        events: count.events(),
      });
    }
    for (const count of whilePending(history)) {
      if (count.luid !== fresh?.luid || count.name !== 'GET_SYNC_COUNT') continue;
      check(answeredU64(count) === 0n, {
        id: 'LUID-11',
        expected: 'the pending second log reports no region in sync',
        seen: String(answeredU64(count)),
        events: count.events(),
      });
    }
  },
});
