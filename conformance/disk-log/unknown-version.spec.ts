import { answeredU64, conformanceTest, dirtyRegions, diskLogs, whileActive } from '../../harness/fixtures.js';

const REGIONS = 20;

// DISK-02 (dm-log-userspace 12): a later format may mean anything by its bits. The log that lies there says that all is
// clean, so that a daemon which reads it has nothing to recover.
conformanceTest(import.meta.url, {
  title: 'a log of an unknown version is refused or made anew, never interpreted',
  ids: ['DISK-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['unknown-version-interpreted'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const first = lab.mirror({ name: 'first', regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await first.create();
    await first.remove();
    await lab.logDevice.setVersion(3);
    await lab.logDevice.read();
    await leg.hold('low');
    const second = lab.mirror({ name: 'second', regions: REGIONS, log: 'clustered-disk' });
    const loaded = await second.tryLoad();
    if (loaded.status !== 0) return;
    await second.resume();
    await lab.returned('GET_RESYNC_WORK', 1);
    await second.status();
    await leg.release('low');
    await second.waitInSync(30_000);
    await second.remove();
  },
  situation: (history) => {
    const [image] = diskLogs(history);
    const good = image?.magic === true && image.version === 3 && dirtyRegions(image, REGIONS).length === 0;
    return good ? [image.event, ...history.exchanges('CTR').flatMap((ctr) => ctr.events())] : [];
  },
  expect: (history, check) => {
    const [, second] = history.instances();
    const refused = (second?.birth?.answer?.error ?? 0) < 0;
    const begun = whileActive(second).find(({ name }) => name === 'GET_RESYNC_WORK');
    check(refused || begun?.answer?.payload[0] === 1, {
      expected: 'the log is refused, or begins with all regions out of sync',
      seen: begun === undefined ? 'it was not asked for work' : 'it has no work',
      events: [...(second?.birth?.events() ?? []), ...(begun?.events() ?? [])],
    });
    const [count] = whileActive(second).filter(({ name }) => name === 'GET_SYNC_COUNT');
    if (count === undefined) return;
    check(answeredU64(count) === 0n, {
      expected: 'no region is in sync',
      seen: String(answeredU64(count)),
      events: count.events(),
    });
  },
});
