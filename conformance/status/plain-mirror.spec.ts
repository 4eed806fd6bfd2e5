import { answeredU64, conformanceTest, textAnswer } from '../../harness/fixtures.js';

// STAT-01, SYNC-01, FLUSH-16 (dm-log-userspace 2.4, 4, 5): the smoke test. Every daemon mutant must get through it.
conformanceTest(import.meta.url, {
  title: 'smoke: a plain mirror is created, synced, written, queried and removed with well-formed answers',
  ids: ['STAT-01', 'SYNC-01', 'FLUSH-16'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['status-word-count', 'in-sync-two', 'clear-echoes-payload'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64 });
    await mirror.create();
    await mirror.waitInSync(60_000);
    await mirror.write([0, 7, 63]);
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) => {
    const asked = ['STATUS_INFO', 'IN_SYNC', 'MARK_REGION', 'CLEAR_REGION', 'FLUSH'] as const;
    const all = asked.map((name) => history.exchanges(name).filter(({ answer }) => answer !== undefined));
    return all.every((exchanges) => exchanges.length > 0) ? all.flat().flatMap((one) => one.events()) : [];
  },
  expect: (history, check) => {
    for (const status of history.exchanges('STATUS_INFO')) {
      check(textAnswer(status) === '1 clustered-core', {
        id: 'STAT-01',
        expected: 'the status "1 clustered-core"',
        seen: `"${String(textAnswer(status))}"`,
        events: status.events(),
      });
    }
    for (const query of history.exchanges('IN_SYNC')) {
      const answer = answeredU64(query);
      check(answer === 0n || answer === 1n, {
        id: 'SYNC-01',
        expected: 'IN_SYNC is answered 0 or 1 in 8 bytes',
        seen: answer === undefined ? 'no answer of 8 bytes' : String(answer),
        events: query.events(),
      });
    }
    for (const change of history.exchanges('MARK_REGION', 'CLEAR_REGION', 'FLUSH')) {
      for (const { dataSize } of change.accepted) {
        check(dataSize === 0, {
          id: 'FLUSH-16',
          expected: `${String(change.name)} is answered with data_size 0`,
          seen: String(dataSize),
          events: change.events(),
        });
      }
    }
  },
});
