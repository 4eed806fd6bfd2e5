import {
  answeredU64,
  conformanceTest,
  encodeResyncWork,
  eventsOf,
  exchangesAfter,
  regionAsked,
  regionsListed,
  type Exchange,
} from '../../harness/fixtures.js';

const asks = (region: number) => (exchange: Exchange) =>
  exchange.name === 'IN_SYNC' && regionAsked(exchange) === region;
const marks = (region: number) => (exchange: Exchange) =>
  exchange.name === 'MARK_REGION' && regionsListed(exchange).includes(region);

// FLUSH-20, FLUSH-21 (dm-log-userspace 7): of four writes to region 1 that the kernel takes up together, the first makes
// it DIRTY. Region 3 belongs to a log that offers no resync work, and stays out of sync.
conformanceTest(import.meta.url, {
  title: 'neither a region that is dirty already nor one that is not in sync is marked',
  ids: ['FLUSH-20', 'FLUSH-21'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['region-marked-twice', 'unsynced-region-marked'],
  drive: async (lab) => {
    const dirty = lab.mirror({ name: 'dirty', regions: 64, sync: 'nosync' });
    await dirty.create();
    const flushes = lab.puppet.hold('FLUSH');
    const writes = await dirty.writeTogether([0, 1, 1, 1, 1]);
    await flushes.held(1, 12_000);
    flushes.release();
    await writes.finished();
    await dirty.marksCleared();
    await dirty.remove();
    const payload = encodeResyncWork({ haveWork: 0n, region: 0n });
    lab.puppet.replace('GET_RESYNC_WORK', () => ({ form: 'full', error: 0, payload }));
    const unsynced = lab.mirror({ name: 'unsynced', regions: 64 });
    await unsynced.create();
    await unsynced.write([3]);
    await unsynced.remove();
  },
  situation: (history) => {
    const [dirty, unsynced] = history.instances();
    const mark = dirty?.exchanges.find(marks(1));
    const together =
      dirty?.exchanges.filter((one) => asks(1)(one) && !exchangesAfter(history, mark).includes(one)) ?? [];
    const denied = unsynced?.exchanges.filter((one) => asks(3)(one) && answeredU64(one) === 0n) ?? [];
    return mark !== undefined && together.length > 2 && denied.length > 0
      ? eventsOf([...together, mark, ...denied])
      : [];
  },
  expect: (history, check) => {
    const [dirty, unsynced] = history.instances();
    const marked = dirty?.exchanges.filter(marks(1)) ?? [];
    check(marked.length === 1, {
      id: 'FLUSH-20',
      expected: 'region 1 is marked once for four writes',
      seen: `${marked.length} times`,
      events: eventsOf(marked),
    });
    const wrong = unsynced?.exchanges.filter(({ name }) => name === 'MARK_REGION') ?? [];
    check(wrong.length === 0, {
      id: 'FLUSH-21',
      expected: 'no MARK_REGION for a write to a region that is not in sync',
      seen: `${wrong.length} of them`,
      events: eventsOf(wrong.length === 0 ? (unsynced?.exchanges.filter(asks(3)) ?? []) : wrong),
    });
  },
});
