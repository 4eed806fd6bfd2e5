import { conformanceTest, dirtyRegions, diskLogs } from '../../harness/fixtures.js';

const WRITTEN = [20, 33, 63];

// FLUSH-02 (dm-log-userspace 10, item 3): the writes are held on a leg, so that the image is read while their marks are
// flushed and not cleared. The harness reads the image on the host: what the guest only cached is not there.
conformanceTest(import.meta.url, {
  title: 'a mark is on the log device when the FLUSH that follows it has been answered',
  ids: ['FLUSH-02'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['flush-answered-before-disk-write'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await leg.hold('high');
    const writes = await mirror.writeHeld(WRITTEN);
    await lab.logDevice.read();
    await leg.release('high');
    await writes.finished();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const [image] = diskLogs(history);
    if (image === undefined) return [];
    const cleared = history
      .exchanges('CLEAR_REGION')
      .filter(({ request, payload }) => (request?.t ?? 0n) < image.ended && payload.length > 8);
    const marks = history.exchanges('MARK_REGION', 'FLUSH').filter(({ answer }) => {
      return answer !== undefined && answer.t < image.began;
    });
    return cleared.length > 0 ? [] : [image.event, ...marks.flatMap((mark) => mark.events())];
  },
  expect: (history, check) => {
    for (const image of diskLogs(history)) {
      const dirty = dirtyRegions(image, 64);
      check(
        WRITTEN.every((region) => dirty.includes(region)),
        {
          expected: `regions ${WRITTEN.join(', ')} are dirty on the device while their writes are in flight`,
          seen: `dirty are ${dirty.join(', ') || 'none'}`,
          events: [image.event],
        },
      );
    }
  },
});
