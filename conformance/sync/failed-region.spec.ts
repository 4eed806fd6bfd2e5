import {
  answeredU64,
  conformanceTest,
  exchangesAfter,
  legComparisons,
  regionSyncs,
} from '../../harness/fixtures.js';

const REGIONS = 24;
const FAILED = 20n;

// SYNC-17, SYNC-06 (dm-log-userspace 10, items 4 and 5): two writes to region 20 are in flight when
// their leg fails. Each is reported; the region leaves the count once, and comes back once after the next RESUME.
conformanceTest(import.meta.url, {
  title: 'a region whose writes failed leaves the sync count once and is recovered after the next resume',
  ids: ['SYNC-17', 'SYNC-06'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['failed-region-forgotten', 'sync-reports-counted'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS });
    await mirror.create();
    await mirror.waitInSync(30_000);
    await leg.hold('high');
    const writes = await mirror.writeHeld([Number(FAILED), Number(FAILED)]);
    await leg.fail('high');
    await writes.finished();
    await lab.returned('SET_REGION_SYNC', REGIONS + 2);
    await mirror.status();
    await leg.heal('high');
    await mirror.suspend();
    await mirror.resume();
    await lab.returned('SET_REGION_SYNC', REGIONS + 3);
    await mirror.status();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const failed = regionSyncs(history).filter(({ region, inSync }) => region === FAILED && !inSync);
    return failed.length < 2 ? [] : failed.flatMap(({ exchange }) => exchange.events());
  },
  expect: (history, check) => {
    const failed = regionSyncs(history).filter(({ inSync }) => !inSync);
    const resumed = history.exchanges('RESUME')[1];
    const counts = (of: readonly ReturnType<typeof history.exchanges>[number][]) =>
      of.filter(({ name }) => name === 'GET_SYNC_COUNT');
    const later = exchangesAfter(history, failed.at(-1)?.exchange);
    const until = resumed === undefined ? later : later.slice(0, later.indexOf(resumed));
    for (const count of counts(until)) {
      check(answeredU64(count) === BigInt(REGIONS - 1), {
        expected: `${REGIONS - 1} regions in sync after ${failed.length} reports about region ${FAILED}`,
        seen: String(answeredU64(count)),
        events: [...failed.flatMap(({ exchange }) => exchange.events()), ...count.events()],
      });
    }
    const after = resumed === undefined ? [] : exchangesAfter(history, resumed);
    const recovered = regionSyncs(history).filter(
      ({ exchange, inSync }) => inSync && after.includes(exchange),
    );
    check(recovered.map(({ region }) => region).join() === String(FAILED), {
      id: 'SYNC-17',
      expected: `region ${FAILED}, and no other, is recovered after RESUME`,
      seen: recovered.map(({ region }) => region).join(', ') || 'none',
      events: recovered.flatMap(({ exchange }) => exchange.events()),
    });
    const last = counts(after).at(-1);
    check(last !== undefined && answeredU64(last) === BigInt(REGIONS), {
      id: 'SYNC-06',
      expected: `${REGIONS} regions in sync in the end, although region ${FAILED} was reported in sync twice`,
      seen: last === undefined ? 'no GET_SYNC_COUNT' : String(answeredU64(last)),
      events: last?.events() ?? [],
    });
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      id: 'SYNC-17',
      expected: 'both legs hold the same bytes afterwards',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
