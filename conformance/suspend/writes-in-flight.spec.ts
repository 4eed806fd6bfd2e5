import { answeredU64, conformanceTest, whileQuiescing } from '../../harness/fixtures.js';

const SERVED = ['IN_SYNC', 'MARK_REGION', 'CLEAR_REGION', 'FLUSH'] as const;

// SUSP-02 (dm-log-userspace 9.5): writes that the kernel took before a suspend are marked, written and cleared between
// PRESUSPEND and POSTSUSPEND. The held write keeps POSTSUSPEND away until all that has been seen.
conformanceTest(import.meta.url, {
  title: 'between PRESUSPEND and POSTSUSPEND marks, clears, flushes and queries are served as ever',
  ids: ['SUSP-02'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['quiescing-refuses-marks'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await leg.hold('high');
    const held = await mirror.writeHeld([40]);
    await lab.subject.freeze();
    const writes = await mirror.writeTogether([1, 2, 3]);
    const suspending = lab.start(() => mirror.suspend());
    await lab.sent('PRESUSPEND', 1);
    await lab.subject.thaw();
    await lab.returned('CLEAR_REGION', 1);
    await lab.returned('FLUSH', 3);
    await leg.release('high');
    await suspending.finished();
    await mirror.resume();
    await held.finished();
    await writes.finished();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const served = whileQuiescing(history);
    return SERVED.every((wanted) => served.some(({ name }) => name === wanted))
      ? served.flatMap((exchange) => exchange.events())
      : [];
  },
  expect: (history, check) => {
    for (const exchange of whileQuiescing(history)) {
      if (!SERVED.some((name) => name === exchange.name)) continue;
      const good = exchange.name !== 'IN_SYNC' || answeredU64(exchange) === 1n;
      check(exchange.result === 0 && good, {
        expected: `${String(exchange.name)} is served as at any other time`,
        seen: `result ${String(exchange.result)}, answer ${String(answeredU64(exchange) ?? 'without data')}`,
        events: exchange.events(),
      });
    }
  },
});
