import {
  answeredU64,
  conformanceTest,
  legComparisons,
  resyncWork,
  regionSyncs,
} from '../../harness/fixtures.js';

const REGIONS = 64;

// SYNC-08 (dm-log-userspace 10): a region that is never handed out stays different on the legs for ever.
conformanceTest(import.meta.url, {
  title: 'a full resync visits every region exactly once and ends in sync',
  ids: ['SYNC-08'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['resync-skips-a-region', 'resync-hands-a-region-twice'],
  drive: async (lab) => {
    await lab.spoilLeg(1);
    const mirror = lab.mirror({ regions: REGIONS });
    await mirror.create();
    await mirror.waitInSync(30_000);
    await mirror.status();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) =>
    resyncWork(history)
      .filter(({ haveWork }) => haveWork)
      .flatMap(({ exchange }) => exchange.events()),
  expect: (history, check) => {
    const recovered = regionSyncs(history).filter(({ inSync }) => inSync);
    const visited = recovered.map(({ region }) => region).sort((a, b) => Number(a - b));
    const all = Array.from({ length: REGIONS }, (_unused, region) => BigInt(region));
    check(visited.join() === all.join(), {
      expected: `each of the regions 0 to ${REGIONS - 1} recovered exactly once`,
      seen: visited.join(', '),
      events: recovered.flatMap(({ exchange }) => exchange.events()),
    });
    const last = resyncWork(history).at(-1);
    check(last?.haveWork === false, {
      expected: 'the last GET_RESYNC_WORK is answered "no work"',
      seen: last === undefined ? 'no GET_RESYNC_WORK' : `region ${last.region}`,
      events: last?.exchange.events() ?? [],
    });
    const count = history.exchanges('GET_SYNC_COUNT').at(-1);
    check(count !== undefined && answeredU64(count) === BigInt(REGIONS), {
      expected: `the last GET_SYNC_COUNT is answered ${REGIONS}`,
      seen: count === undefined ? 'no GET_SYNC_COUNT' : String(answeredU64(count)),
      events: count?.events() ?? [],
    });
    const legs = legComparisons(history).at(-1);
    check(legs?.equal === true, {
      expected: 'both legs hold the same bytes afterwards',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
