import {
  answeredU64,
  conformanceTest,
  textAnswer,
  whilePending,
  whileSuspended,
} from '../../harness/fixtures.js';

// STAT-04 (dm-log-userspace 6.3): LVM asks for the status of devices that it has suspended or only loaded.
conformanceTest(import.meta.url, {
  title: 'the status of suspended and of pending logs is answered as that of active ones',
  ids: ['STAT-04'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['suspended-status-refused'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.suspend();
    await mirror.status();
    await mirror.reload({});
    await mirror.statusInactive();
    await mirror.resume();
    await mirror.remove();
  },
  situation: (history) => {
    const asked = [whileSuspended(history), whilePending(history)];
    return asked.every((queries) => queries.some(({ name }) => name === 'STATUS_INFO'))
      ? asked.flat().flatMap((query) => query.events())
      : [];
  },
  expect: (history, check) => {
    for (const query of [...whileSuspended(history), ...whilePending(history)]) {
      if (query.name !== 'STATUS_INFO' && query.name !== 'GET_SYNC_COUNT') continue;
      // Before RESUME a nosync log may count nothing or everything (spec 10, item 8).
      const wanted = query.name === 'STATUS_INFO' ? ['1 clustered-core'] : ['0', '64'];
      const seen = query.name === 'STATUS_INFO' ? textAnswer(query) : answeredU64(query)?.toString();
      check(query.result === 0 && wanted.includes(seen ?? ''), {
        expected: `${query.name} is answered ${wanted.join(' or ')}`,
        seen: query.result === 0 ? String(seen) : `error ${String(query.result)}`,
        events: query.events(),
      });
    }
  },
});
