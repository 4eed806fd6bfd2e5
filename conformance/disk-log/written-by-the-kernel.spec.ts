import {
  answeredU64,
  conformanceTest,
  dirtyRegions,
  diskLogs,
  legComparisons,
  regionSyncs,
} from '../../harness/fixtures.js';

const REGIONS = 64;
const DIRTY = [20, 33, 63];

// DISK-03 (dm-log-userspace 12): the kernel's own disk log leaves dirty regions behind, whose data is on one leg only.
conformanceTest(import.meta.url, {
  title: "a log that the kernel's own disk log wrote is read alike by the daemon",
  ids: ['DISK-03'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-words-swapped', 'disk-bit-order-reversed'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const kernels = lab.mirror({ regions: REGIONS, sync: 'nosync', log: 'disk' });
    await kernels.create();
    await leg.fail('high');
    await kernels.write(DIRTY);
    await kernels.suspend();
    await kernels.remove();
    await leg.heal('high');
    await lab.logDevice.read();
    await kernels.compareLegs();
    const ours = lab.mirror({ regions: REGIONS, log: 'clustered-disk' });
    await ours.create();
    await ours.waitInSync(30_000);
    await ours.remove();
    await ours.compareLegs();
  },
  situation: (history) => {
    const [image] = diskLogs(history);
    const [before] = legComparisons(history);
    const dirty = image === undefined ? [] : dirtyRegions(image, REGIONS);
    return image === undefined || before?.equal !== false || dirty.join() !== DIRTY.join()
      ? []
      : [image.event, before.event, ...history.exchanges('RESUME').flatMap((resume) => resume.events())];
  },
  expect: (history, check) => {
    const recovered = regionSyncs(history).filter(({ inSync }) => inSync);
    check(recovered.map(({ region }) => region).join() === DIRTY.join(), {
      expected: `regions ${DIRTY.join(', ')} are recovered, and no other`,
      seen: recovered.map(({ region }) => region).join(', ') || 'none',
      events: recovered.flatMap(({ exchange }) => exchange.events()),
    });
    const last = history.exchanges('GET_SYNC_COUNT').at(-1);
    check(last !== undefined && answeredU64(last) === BigInt(REGIONS), {
      expected: `${REGIONS} regions in sync in the end`,
      seen: last === undefined ? 'no GET_SYNC_COUNT' : String(answeredU64(last)),
      events: last?.events() ?? [],
    });
    const legs = legComparisons(history).at(-1);
    check(legs?.equal === true, {
      expected: 'the legs are equal after the daemon had recovered what it read',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
