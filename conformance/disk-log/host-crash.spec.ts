import {
  answeredU64,
  conformanceTest,
  dirtyRegions,
  diskLogs,
  legComparisons,
  powerCuts,
  regionSyncs,
} from '../../harness/fixtures.js';

const REGIONS = 64;
const MARKED = [3, 5, 12];

// DISK-06, FLUSH-02 (dm-log-userspace 10, 12): the power goes while writes to three regions are in flight on one leg,
// and have reached the other. The node that comes up says nothing of sync or nosync, so that the device decides.
conformanceTest(import.meta.url, {
  title: 'after a power cut during writes exactly the regions that were marked are resynchronised',
  ids: ['DISK-06', 'FLUSH-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-starts-all-dirty', 'flush-answered-before-disk-write'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const options = { regions: REGIONS, log: 'clustered-disk' } as const;
    const mirror = lab.mirror({ ...options, sync: 'nosync' });
    await mirror.create();
    await leg.hold('low');
    await mirror.writeHeld(MARKED);
    const survivor = await lab.powerCut();
    await survivor.logDevice.read();
    const again = survivor.mirror(options);
    await again.compareLegs();
    await again.create();
    await again.waitInSync(30_000);
    await again.remove();
    await again.compareLegs();
  },
  situation: (history) => {
    const [cut] = powerCuts(history);
    const [before] = legComparisons(history);
    if (cut === undefined || before?.equal !== false) return [];
    const marks = history.exchanges('MARK_REGION', 'FLUSH').filter(({ node }) => node === cut.node);
    const resumes = history.exchanges('RESUME').filter(({ node }) => node !== cut.node);
    if (marks.at(-1)?.answer?.error !== 0 || resumes.length === 0) return [];
    return [...marks, ...resumes].flatMap((exchange) => exchange.events()).concat(cut, before.event);
  },
  expect: (history, check) => {
    const [cut] = powerCuts(history);
    const [image] = diskLogs(history);
    const clean = MARKED.filter((region) => image && !dirtyRegions(image, REGIONS).includes(region));
    check(image !== undefined && clean.length === 0, {
      id: 'FLUSH-02',
      expected: `regions ${MARKED.join(', ')}, whose FLUSH was answered before the power cut, are dirty on the device`,
      seen: image === undefined ? 'the scenario did not get so far' : `${clean.join(', ')} clean`,
      ...(image && { events: [image.event] }),
    });
    const later = history.exchanges().filter(({ node }) => node !== cut?.node);
    const resumed = later.findIndex(({ name }) => name === 'RESUME');
    const count = later.find(({ name }, index) => name === 'GET_SYNC_COUNT' && index > resumed);
    const told = count === undefined ? undefined : answeredU64(count);
    check(told === undefined || told >= BigInt(REGIONS - MARKED.length), {
      id: 'DISK-06',
      expected: `at least ${REGIONS - MARKED.length} regions in sync after RESUME`,
      seen: String(told),
      events: count?.events() ?? [],
    });
    const recovered = regionSyncs(history).filter(
      ({ inSync, exchange }) => inSync && exchange.node !== cut?.node,
    );
    const regions = recovered.map(({ region }) => Number(region)).toSorted((a, b) => a - b);
    check(regions.join() === MARKED.join(), {
      id: 'DISK-06',
      expected: `regions ${MARKED.join(', ')} are recovered, and no other`,
      seen: regions.join(', ') || 'none',
      events: recovered.flatMap(({ exchange }) => exchange.events()),
    });
    const legs = legComparisons(history)[1];
    check(legs?.equal === true, {
      id: 'DISK-06',
      expected: 'the legs are equal after the resync',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
