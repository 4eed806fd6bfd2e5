import {
  answeredU64,
  conformanceTest,
  encodeRemoteRecovering,
  eventsOf,
  outcomesOf,
  regionAsked,
  remoteRecovering,
  type Exchange,
} from '../../harness/fixtures.js';

const REGIONS = 64;
const HINT = 10;

/** Each request with the hint that the kernel holds when it sends it (dm-log-userspace 4.1). */
function withHints(exchanges: readonly Exchange[]): { readonly exchange: Exchange; readonly hint: number }[] {
  let hint = 0;
  return exchanges.map((exchange) => {
    const before = { exchange, hint };
    if (exchange.name === 'RESUME') hint = 0;
    if (exchange.name === 'IS_REMOTE_RECOVERING')
      hint = Number(remoteRecovering(exchange)?.inSyncHint ?? hint);
    if (exchange.name === 'GET_SYNC_COUNT' && Number(answeredU64(exchange) ?? 0) >= REGIONS) hint = REGIONS;
    return before;
  });
}

// SYNC-12, SYNC-14 (dm-log-userspace 4.1)
conformanceTest(import.meta.url, {
  title: 'the in-sync hint saves the questions below it, and RESUME resets it',
  ids: ['SYNC-12', 'SYNC-14'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['asks-below-the-hint', 'asks-for-work-above-the-hint', 'resume-keeps-the-hint'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: REGIONS, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.suspend();
    const payload = encodeRemoteRecovering({ recovering: 0n, inSyncHint: BigInt(HINT) });
    const low = lab.puppet.replace('IS_REMOTE_RECOVERING', () => ({ form: 'full', error: 0, payload }));
    await mirror.resume();
    await mirror.write([20]);
    await mirror.write([3]);
    low.lift();
    await mirror.write([40]);
    await mirror.write([50, 51]);
    await mirror.remove();
  },
  situation: (history) => {
    const asked = withHints(history.exchanges()).filter(({ exchange }) => exchange.name === 'IN_SYNC');
    const below = asked.filter(({ exchange, hint }) => hint === HINT && regionAsked(exchange) === 3);
    const above = asked.filter(({ exchange, hint }) => hint === REGIONS && regionAsked(exchange) === 50);
    return below.length > 0 && above.length > 0
      ? eventsOf([...below, ...above].map(({ exchange }) => exchange))
      : [];
  },
  expect: (history, check) => {
    for (const { exchange, hint } of withHints(history.exchanges())) {
      if (exchange.name === 'IS_REMOTE_RECOVERING') {
        const region = regionAsked(exchange) ?? -1;
        check(region >= hint, {
          id: 'SYNC-12',
          expected: `no IS_REMOTE_RECOVERING of a region below the hint ${hint}`,
          seen: `region ${region}`,
          events: exchange.events(),
        });
      }
      if (exchange.name === 'GET_RESYNC_WORK') {
        check(hint < REGIONS, {
          id: 'SYNC-12',
          expected: 'no GET_RESYNC_WORK while the hint is the number of regions',
          seen: 'GET_RESYNC_WORK',
          events: exchange.events(),
        });
      }
    }
    const all = history.exchanges('RESUME', 'GET_RESYNC_WORK', 'IN_SYNC');
    const again = all.findLastIndex(({ name }) => name === 'RESUME');
    const next = all[again + 1];
    check(next?.name === 'GET_RESYNC_WORK', {
      id: 'SYNC-14',
      expected: 'GET_RESYNC_WORK after the RESUME of a log that is in sync',
      seen: outcomesOf([next]),
      events: eventsOf([all[again], next]),
    });
  },
});
