import { coexisting, conformanceTest, dirtyRegions, diskLogs } from '../../harness/fixtures.js';

const OLD = 64;
const NEW = 96;

// LUID-12 (dm-log-userspace 8, 9.5): with integrated_flush the last clear of the old log leaves a lazy FLUSH behind, which
// the kernel sends before the old log's DTR, that is after RESUME of the new one. The held leg keeps the new regions
// dirty meanwhile.
conformanceTest(import.meta.url, {
  title: 'a FLUSH of the old log after RESUME of the new one does not write the old bitmap over the new',
  ids: ['LUID-12'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk', integratedFlush: true },
  mutants: ['old-instance-writes-old-bitmap'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({
      regions: OLD,
      sync: 'nosync',
      log: 'clustered-disk',
      integratedFlush: true,
    });
    await mirror.create();
    await leg.hold('low');
    const write = await mirror.writeHeld([5]);
    await mirror.reload({ regions: NEW, sync: 'default' });
    const resuming = lab.start(() => mirror.resume());
    await lab.returned('PRESUSPEND', 1);
    await lab.subject.freeze();
    await leg.hold('high');
    await leg.release('low');
    await lab.sent('CLEAR_REGION', 1);
    await lab.sent('POSTSUSPEND', 1);
    await lab.subject.thaw();
    await resuming.finished();
    await write.finished();
    await lab.returned('GET_RESYNC_WORK', 1);
    await lab.logDevice.read();
    await leg.release('high');
    await mirror.waitInSync(30_000);
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const [pair] = coexisting(history);
    const resumed = pair?.second.exchanges.find(({ name }) => name === 'RESUME')?.answer?.t;
    const late = pair?.first.exchanges.filter(({ name, request }) => {
      return name === 'FLUSH' && request !== undefined && resumed !== undefined && request.t > resumed;
    });
    const [image] = diskLogs(history);
    return late === undefined || late.length === 0 || image === undefined
      ? []
      : [...late.flatMap((flush) => flush.events()), image.event];
  },
  expect: (history, check) => {
    const [image] = diskLogs(history);
    if (image === undefined) return;
    const missing = Array.from({ length: NEW - OLD }, (_unused, index) => OLD + index).filter((region) =>
      image.isClean(region),
    );
    check(image.regions === BigInt(NEW) && missing.length === 0, {
      expected: `the header says ${NEW} regions, and the new ones are dirty while they wait for their recovery`,
      seen: `${image.regions} regions, dirty are ${dirtyRegions(image, NEW).join(', ')}`,
      events: [image.event],
    });
    const [pair] = coexisting(history);
    for (const exchange of pair?.first.exchanges ?? []) {
      if (exchange.name !== 'CLEAR_REGION' && exchange.name !== 'FLUSH') continue;
      check(exchange.result === 0, {
        expected: `${exchange.name} of the old log succeeds`,
        seen: String(exchange.result),
        events: exchange.events(),
      });
    }
  },
});
