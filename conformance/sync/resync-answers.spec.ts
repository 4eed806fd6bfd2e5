import { conformanceTest, resyncWork, type Exchange } from '../../harness/fixtures.js';

const REGIONS = 17n;

/** Bytes of a good answer, by request type (dm-log-userspace 2.4). */
const SIZES: ReadonlyMap<Exchange['name'], number> = new Map([
  ['GET_REGION_SIZE', 8],
  ['IN_SYNC', 8],
  ['GET_SYNC_COUNT', 8],
  ['GET_RESYNC_WORK', 16],
  ['IS_REMOTE_RECOVERING', 16],
  ['SET_REGION_SYNC', 0],
  ['MARK_REGION', 0],
  ['CLEAR_REGION', 0],
  ['FLUSH', 0],
  ['PRESUSPEND', 0],
  ['POSTSUSPEND', 0],
  ['RESUME', 0],
  ['DTR', 0],
]);

// SYNC-04, ERR-07 (dm-log-userspace 2.4, 10): the kernel recovers whatever region it is told, and takes a short answer
// together with what its stack held.
conformanceTest(import.meta.url, {
  title: 'during a resync each region handed out exists and is out of sync, and every answer has its size',
  ids: ['SYNC-04', 'ERR-07'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['resync-of-a-synced-region', 'set-sync-echoes-payload'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: Number(REGIONS) });
    // The last region waits, so that the write meets a log that is not in sync.
    await leg.hold('high');
    await mirror.create();
    await lab.returned('SET_REGION_SYNC', Number(REGIONS) - 1);
    await mirror.write([3]);
    await leg.release('high');
    await mirror.waitInSync(30_000);
    await mirror.remove();
  },
  situation: (history) => {
    const all = [...SIZES.keys()].map((wanted) => history.exchanges().filter(({ name }) => name === wanted));
    return all.every((exchanges) => exchanges.length > 0) ? all.flat().flatMap((one) => one.events()) : [];
  },
  expect: (history, check) => {
    const synced = new Set<bigint>();
    for (const exchange of history.exchanges('GET_RESYNC_WORK', 'SET_REGION_SYNC')) {
      if (exchange.name === 'SET_REGION_SYNC') {
        synced.add(Buffer.from(exchange.payload).readBigUInt64LE(0));
        continue;
      }
      const work = resyncWork(history).find((one) => one.exchange === exchange);
      check(work?.haveWork !== true || (work.region < REGIONS && !synced.has(work.region)), {
        id: 'SYNC-04',
        expected: `a region below ${REGIONS} that is not in sync, or no work`,
        seen: `region ${String(work?.region)}`,
        events: exchange.events(),
      });
    }
    for (const exchange of history.exchanges()) {
      const size = SIZES.get(exchange.name);
      if (size === undefined) continue;
      for (const { dataSize } of exchange.accepted) {
        check(dataSize === size, {
          id: 'ERR-07',
          expected: `${String(exchange.name)} is answered with ${size} bytes`,
          seen: `${dataSize} bytes`,
          events: exchange.events(),
        });
      }
    }
  },
});
