import { answeredU64, conformanceTest, diskLogs, dirtyRegions, whileActive } from '../../harness/fixtures.js';

const REGIONS = 24;

// DISK-07 (dm-log-userspace 12, Load, item 2): the device holds a log that says otherwise, each time. cmirrord does not
// look at the options when the header is good.
conformanceTest(import.meta.url, {
  title: 'sync puts every region out of sync and nosync every region in sync, whatever the log device says',
  ids: ['DISK-07'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['nosync-ignored-for-valid-header'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const first = lab.mirror({ name: 'first', regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await first.create();
    await first.remove();
    await lab.logDevice.read();
    await leg.hold('low');
    const second = lab.mirror({ name: 'second', regions: REGIONS, sync: 'sync', log: 'clustered-disk' });
    await second.create();
    await lab.returned('GET_RESYNC_WORK', 1);
    await second.status();
    await lab.logDevice.read();
    await leg.release('low');
    await second.waitInSync(30_000);
    await leg.fail('high');
    await second.write([20]);
    await lab.returned('SET_REGION_SYNC', REGIONS + 1);
    await second.remove();
    await leg.heal('high');
    await lab.logDevice.read();
    const third = lab.mirror({ name: 'third', regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await third.create();
    await third.read([20]);
    await third.status();
    await third.remove();
  },
  situation: (history) => {
    const [clean, , dirty] = diskLogs(history);
    if (clean === undefined || dirty === undefined) return [];
    const good = dirtyRegions(clean, REGIONS).length === 0 && dirtyRegions(dirty, REGIONS).length > 0;
    return good ? [clean.event, dirty.event, ...history.exchanges('CTR').flatMap((ctr) => ctr.events())] : [];
  },
  expect: (history, check) => {
    const [, second, third] = history.instances();
    const [, image] = diskLogs(history);
    const begun = whileActive(second).find(({ name }) => name === 'GET_RESYNC_WORK');
    check(begun?.answer?.payload[0] === 1, {
      expected: 'a log with sync hands out work at once, although the device says that all is clean',
      seen: begun === undefined ? 'it was not asked for any' : 'no work',
      events: begun?.events() ?? [],
    });
    if (image !== undefined) {
      check(dirtyRegions(image, REGIONS).length === REGIONS, {
        expected: `all ${REGIONS} regions are dirty on the device`,
        seen: `${dirtyRegions(image, REGIONS).length} are`,
        events: [image.event],
      });
    }
    const inSync = whileActive(third).filter(({ name }) => name === 'IN_SYNC');
    const count = whileActive(third).filter(({ name }) => name === 'GET_SYNC_COUNT');
    for (const [queries, value] of [
      [inSync, 1n],
      [count, BigInt(REGIONS)],
    ] as const) {
      for (const query of queries) {
        check(answeredU64(query) === value, {
          expected: `${String(query.name)} of a log with nosync is answered ${value}, although the device says otherwise`,
          seen: String(answeredU64(query)),
          events: query.events(),
        });
      }
    }
  },
});
