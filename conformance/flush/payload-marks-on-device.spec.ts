import { conformanceTest, dirtyRegions, diskLogs } from '../../harness/fixtures.js';

const WRITTEN = [16, 20, 33, 63];

// FLUSH-09 (dm-log-userspace 8): with integrated_flush the only mark is the payload of FLUSH, which cmirrord ignores.
conformanceTest(import.meta.url, {
  title: 'every region that a FLUSH lists is dirty on the log device when it has been answered',
  ids: ['FLUSH-09'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk', integratedFlush: true },
  mutants: ['integrated-flush-ignores-payload'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({
      regions: 64,
      sync: 'nosync',
      log: 'clustered-disk',
      integratedFlush: true,
    });
    await mirror.create();
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
    const marks = history.exchanges('FLUSH').filter(({ answer, payload }) => {
      return payload.length > 0 && image !== undefined && answer !== undefined && answer.t < image.began;
    });
    return image === undefined || marks.length === 0
      ? []
      : [image.event, ...marks.flatMap((mark) => mark.events())];
  },
  expect: (history, check) => {
    const marks = history.exchanges('MARK_REGION');
    check(marks.length === 0, {
      expected: 'marks come with FLUSH alone',
      seen: `${marks.length} MARK_REGION`,
      events: marks.flatMap((mark) => mark.events()),
    });
    for (const image of diskLogs(history)) {
      const dirty = dirtyRegions(image, 64);
      check(dirty.join() === WRITTEN.join(), {
        expected: `regions ${WRITTEN.join(', ')} are dirty on the device, and no other`,
        seen: `dirty are ${dirty.join(', ') || 'none'}`,
        events: [image.event],
      });
    }
  },
});
