import { answeredU64, coexisting, conformanceTest, recoveredBy } from '../../harness/fixtures.js';

const REGIONS = 32;

const LOGS = [
  { what: 'the first log', id: 'SYNC-08' },
  { what: 'the log that was loaded while the first one was recovering', id: 'LUID-01' },
  { what: 'the log of the mirror that was made anew', id: 'SYNC-08' },
] as const;

// LUID-01, LUID-03, SYNC-08 (dm-log-userspace 6.2, 10): a core log starts with no region in sync, whatever the logs
// before it and beside it have come to know. LVM adds a leg by such a swap: a region that counts as in sync then is
// never copied to it. The held leg keeps the first resync from ending before the second table is loaded.
conformanceTest(import.meta.url, {
  title:
    'each log of a UUID recovers its own regions, loaded during the resync of another or made after its end',
  ids: ['LUID-01', 'LUID-03', 'SYNC-08'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['sync-reported-to-all', 'resync-position-by-uuid', 'dtr-keeps-state'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS });
    await leg.hold('high');
    await mirror.create();
    await lab.returned('SET_REGION_SYNC', 1);
    await mirror.reload({});
    await leg.release('high');
    await mirror.waitInSync(30_000);
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.remove();
    await mirror.create();
    await mirror.waitInSync(30_000);
    await mirror.remove();
  },
  situation: (history) => coexisting(history).flatMap(({ events }) => events),
  expect: (history, check) => {
    const all = Array.from({ length: REGIONS }, (_unused, region) => region).join();
    for (const [index, { what, id }] of LOGS.entries()) {
      const log = history.instances()[index];
      if (log === undefined) continue;
      const recovered = recoveredBy(log);
      check(recovered.map(({ region }) => region).join() === all, {
        id,
        expected: `${what} has all of its ${REGIONS} regions recovered, in order`,
        seen: recovered.map(({ region }) => region).join(', ') || 'none',
        events: [...(log.birth?.events() ?? []), ...recovered.flatMap(({ exchange }) => exchange.events())],
      });
    }
    const count = history.instances()[1]?.exchanges.findLast(({ name }) => name === 'GET_SYNC_COUNT');
    check(count !== undefined && answeredU64(count) === BigInt(REGIONS), {
      id: 'LUID-03',
      expected: `the log that was swapped in ends with ${REGIONS} regions in sync`,
      seen: count === undefined ? 'no GET_SYNC_COUNT' : String(answeredU64(count)),
      events: count?.events() ?? [],
    });
  },
});
