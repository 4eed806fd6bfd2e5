import {
  conformanceTest,
  encodeRemoteRecovering,
  eventsOf,
  outcomesOf,
  regionAsked,
  remoteRecovering,
  waited,
} from '../../harness/fixtures.js';

const REGION = 7;
const TIMES = 2;

// SYNC-19 (dm-log-userspace 4.1): the write is queued again for 200 ms, and asks at most every 250 ms.
conformanceTest(import.meta.url, {
  title: 'a write to a region that another node recovers is delayed, and asks again',
  ids: ['SYNC-19'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['recovering-answer-ignored', 'recovering-asked-at-once', 'recovering-asked-after-seconds'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.suspend();
    await mirror.resume();
    const payload = encodeRemoteRecovering({ recovering: 1n, inSyncHint: 0n });
    lab.puppet.replace('IS_REMOTE_RECOVERING', () => ({ form: 'full', error: 0, payload }), { times: TIMES });
    await lab.ticking(mirror.write([REGION]));
    await mirror.remove();
  },
  situation: (history) =>
    eventsOf(
      history
        .exchanges('IS_REMOTE_RECOVERING')
        .filter((query) => remoteRecovering(query)?.recovering === true),
    ),
  expect: (history, check) => {
    const queries = history
      .exchanges('IS_REMOTE_RECOVERING')
      .filter((query) => regionAsked(query) === REGION);
    queries.slice(0, TIMES).forEach((query, index) => {
      const next = queries[index + 1];
      // 450 ms and what a busy host adds to two timers.
      const { ms, inTime } = waited(history, query.return?.t, next?.request?.t, [190, 900]);
      check(inTime, {
        expected: 'the next IS_REMOTE_RECOVERING about 200 ms to 450 ms after the answer 1',
        seen: next === undefined ? 'it was not asked again' : `after ${ms.toFixed(0)} ms`,
        events: eventsOf([query, next]),
      });
    });
    const thread = history.exchanges('IS_REMOTE_RECOVERING', 'MARK_REGION');
    const first = thread.findIndex((one) => queries.includes(one));
    const seen = thread.slice(first, first + TIMES + 2);
    check(
      seen.map(({ name }) => name).join() ===
        [...Array.from({ length: TIMES + 1 }, () => 'IS_REMOTE_RECOVERING'), 'MARK_REGION'].join(),
      {
        expected: 'the mark of the write after the first answer 0 only',
        seen: outcomesOf(seen),
        events: eventsOf(seen),
      },
    );
  },
});
