import { conformanceTest, dirtyRegions, diskLogs, regionSyncs, statusLines } from '../../harness/fixtures.js';

const REGIONS = 24;

// DISK-04 (dm-log-userspace 12, Load): the leg is held while the image is read, so that no region has been recovered.
conformanceTest(import.meta.url, {
  title: 'on a blank log device a log starts all dirty and resyncs fully, and with nosync all clean',
  ids: ['DISK-04'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-blank-is-clean'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    await leg.hold('low');
    const unsynced = lab.mirror({ regions: REGIONS, log: 'clustered-disk' });
    await unsynced.create();
    await lab.returned('GET_RESYNC_WORK', 1);
    await unsynced.status();
    await lab.logDevice.read();
    await leg.release('low');
    await unsynced.waitInSync(30_000);
    await unsynced.remove();
    await lab.logDevice.wipe();
    const nosync = lab.mirror({ name: 'nosync', regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await nosync.create();
    await nosync.status();
    await lab.logDevice.read();
    await nosync.remove();
  },
  situation: (history) => {
    const images = diskLogs(history);
    return images.length === 2 ? images.map(({ event }) => event) : [];
  },
  expect: (history, check) => {
    const [unsynced, nosync] = diskLogs(history);
    const [dirty, clean] = [unsynced, nosync].map((image) =>
      image === undefined ? undefined : dirtyRegions(image, REGIONS).length,
    );
    check(dirty === REGIONS, {
      expected: `all ${REGIONS} regions are dirty after the first RESUME on a blank device`,
      seen: `${String(dirty)} are dirty`,
      events: unsynced === undefined ? [] : [unsynced.event],
    });
    check(clean === 0, {
      expected: 'no region is dirty after the first RESUME on a blank device with nosync',
      seen: `${String(clean)} are dirty`,
      events: nosync === undefined ? [] : [nosync.event],
    });
    const [first] = statusLines(history);
    const last = statusLines(history).at(-1);
    for (const [line, ratio] of [
      [first, `0/${REGIONS}`],
      [last, `${REGIONS}/${REGIONS}`],
    ] as const) {
      check(line?.stdout.includes(` ${ratio} `) === true, {
        expected: `the status shows ${ratio} regions in sync`,
        seen: line?.stdout.trim() ?? 'no status',
        events: line === undefined ? [] : [line],
      });
    }
    const recovered = regionSyncs(history).map(({ region }) => region);
    check(new Set(recovered).size === REGIONS && recovered.length === REGIONS, {
      expected: `each of ${REGIONS} regions is recovered once, by the first log`,
      seen: recovered.join(', '),
      events: regionSyncs(history).flatMap(({ exchange }) => exchange.events()),
    });
  },
});
