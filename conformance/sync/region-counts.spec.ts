import { answeredU64, conformanceTest, remoteRecovering } from '../../harness/fixtures.js';

const REGION_COUNTS = [1, 31, 32, 33, 63, 64, 65];

// SYNC-07, SYNC-10 (dm-log-userspace 10, 16.1): counts that do not fill the last word of a bitmap.
conformanceTest(import.meta.url, {
  title:
    'a nosync log of any length never counts more regions than it has, and its hint says that all are in sync',
  ids: ['SYNC-07', 'SYNC-10'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['count-with-padding', 'hint-stuck-at-zero'],
  drive: async (lab) => {
    for (const regions of REGION_COUNTS) {
      const mirror = lab.mirror({ name: `regions${regions}`, regions, sync: 'nosync' });
      await mirror.create();
      await mirror.write([regions - 1]);
      await mirror.status();
      await mirror.remove();
    }
  },
  situation: (history) =>
    history.instances().length === REGION_COUNTS.length
      ? history.exchanges('GET_SYNC_COUNT', 'IS_REMOTE_RECOVERING').flatMap((query) => query.events())
      : [],
  expect: (history, check) => {
    history.instances().forEach(({ exchanges }, index) => {
      const regions = BigInt(REGION_COUNTS[index] ?? 0);
      for (const count of exchanges.filter(({ name }) => name === 'GET_SYNC_COUNT')) {
        const answer = answeredU64(count);
        check(answer !== undefined && answer <= regions, {
          id: 'SYNC-07',
          expected: `a count of at most ${regions}`,
          seen: String(answeredU64(count)),
          events: count.events(),
        });
      }
      for (const query of exchanges.filter(({ name }) => name === 'IS_REMOTE_RECOVERING')) {
        const answer = remoteRecovering(query);
        check(answer?.recovering === false && answer.inSyncHint === regions, {
          id: 'SYNC-10',
          expected: `not recovering, in-sync hint ${regions}`,
          seen: answer === undefined ? 'no answer of 16 bytes' : `hint ${answer.inSyncHint}`,
          events: query.events(),
        });
      }
    });
  },
});
