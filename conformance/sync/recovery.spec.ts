import {
  answeredU64,
  commandsWith,
  conformanceTest,
  eventsOf,
  exchangesDuring,
  outcomesOf,
  regionsListed,
  regionSyncs,
} from '../../harness/fixtures.js';

const REGIONS = 16;

// SYNC-09, SYNC-15, SYNC-18 (dm-log-userspace 9.1, 9.2, 4.1)
conformanceTest(import.meta.url, {
  title:
    'a resync takes one region after the other, reports, clears and flushes each, and ends with one event',
  ids: ['SYNC-09', 'SYNC-15', 'SYNC-18'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'clear-before-region-sync',
    'two-recoveries-at-once',
    'in-sync-raises-no-event',
    'count-asked-when-in-sync',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: REGIONS });
    await mirror.create();
    await mirror.waitInSync(30_000);
    await mirror.eventNumber();
    await mirror.write([1, 2, 3]);
    await mirror.marksCleared();
    await mirror.eventNumber();
    await mirror.remove();
  },
  situation: (history) => {
    const done = regionSyncs(history).filter(({ inSync }) => inSync);
    return done.length === REGIONS ? eventsOf(done.map(({ exchange }) => exchange)) : [];
  },
  expect: (history, check) => {
    const worker = history.exchanges('GET_RESYNC_WORK', 'SET_REGION_SYNC', 'CLEAR_REGION', 'FLUSH');
    for (const { exchange, region } of regionSyncs(history)) {
      const at = worker.indexOf(exchange);
      const [work, clear, flush] = [worker[at - 1], worker[at + 1], worker[at + 2]];
      const cleared = clear?.name === 'CLEAR_REGION' && regionsListed(clear).join() === String(region);
      check(cleared && flush?.name === 'FLUSH', {
        id: 'SYNC-09',
        expected: `SET_REGION_SYNC ${region} = 1, CLEAR_REGION [${region}], FLUSH`,
        seen: outcomesOf([exchange, clear, flush]),
        events: eventsOf([exchange, clear, flush]),
      });
      check(work?.name === 'GET_RESYNC_WORK', {
        id: 'SYNC-18',
        expected: `SET_REGION_SYNC of region ${region} between its GET_RESYNC_WORK and the next`,
        seen: outcomesOf([work, exchange]),
        events: eventsOf([work, exchange]),
      });
    }
    const infos = commandsWith(history, 'dmsetup', 'info', 'events');
    check(infos.length === 2 && infos.every(({ stdout }) => stdout.trim() === '1'), {
      id: 'SYNC-15',
      expected: 'one device-mapper event, when the last region is in sync',
      seen: infos.map(({ stdout }) => stdout.trim()).join(', then '),
      events: infos,
    });
    const write = history.commands().find(({ argv }) => argv.join(' ').includes('dd if='));
    const counts = exchangesDuring(history, write).filter(({ name }) => name === 'GET_SYNC_COUNT');
    const full = history
      .exchanges('GET_SYNC_COUNT')
      .filter((count) => answeredU64(count) === BigInt(REGIONS));
    check(full.length > 0 && counts.length === 0, {
      id: 'SYNC-15',
      expected: 'no GET_SYNC_COUNT in the passes after the answer that equals region_count',
      seen: outcomesOf(counts),
      events: eventsOf([...full.slice(0, 1), ...counts]),
    });
  },
});
