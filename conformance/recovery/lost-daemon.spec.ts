import {
  conformanceTest,
  ESRCH,
  eventsOf,
  exchangesAfterEvent,
  outcomesOf,
  waited,
} from '../../harness/fixtures.js';

// RECOV-01 (dm-log-userspace 2.6): the write that finds nobody polls until somebody is there.
conformanceTest(import.meta.url, {
  title: 'a write that lost the daemon polls it every 2 s, resumes the log and then repeats its request',
  ids: ['RECOV-01'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'reconnects-without-nul',
    'reconnects-without-resume',
    'polls-every-five-seconds',
    'gives-up-its-request',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await lab.subject.kill();
    const writes = await mirror.writeInFlight([2]);
    await lab.ticking(lab.returned('CTR', 3));
    await lab.subject.start();
    await writes.finished();
    await mirror.remove();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    const [first] = killed === undefined ? [] : exchangesAfterEvent(history, killed);
    const lost = first?.name === 'IN_SYNC' && first.replies.length === 0 && first.result === -ESRCH;
    return killed === undefined || !lost ? [] : [killed, ...eventsOf([first])];
  },
  expect: (history, check) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return;
    const [lost, ...after] = exchangesAfterEvent(history, killed);
    const found = after.findIndex(({ name }) => name !== 'CTR');
    const polls = after.slice(0, found);
    const [resumed, repeated] = after.slice(found);
    const birth = history.exchanges('CTR')[0];
    const text = Buffer.from(birth?.payload ?? []).toString('latin1');
    check(
      polls.every(({ payload }) => Buffer.from(payload).toString('latin1') === `${text}\0`),
      {
        expected: `each poll is a CTR with the text of the construction and its NUL`,
        seen: polls.map(({ payload }) => JSON.stringify(Buffer.from(payload).toString('latin1'))).join(', '),
        events: eventsOf(polls),
      },
    );
    const times = [lost, ...polls].map((one) => one?.request?.t);
    const waits = times.slice(1).map((t, at) => waited(history, times[at], t, [1900, 3500]));
    check(polls.length >= 3 && waits.every(({ inTime }) => inTime), {
      expected: 'a poll about every 2 s (1.9 s to 3.5 s), failed ones included',
      seen: waits.map(({ ms }) => `${ms.toFixed(0)} ms`).join(', '),
      events: eventsOf([lost, ...polls]),
    });
    const same =
      repeated?.name === lost?.name &&
      Buffer.compare(repeated?.payload ?? Buffer.alloc(0), lost?.payload ?? Buffer.alloc(0)) === 0;
    check(polls.at(-1)?.result === 0 && resumed?.name === 'RESUME' && same && repeated?.result === 0, {
      expected: 'a CTR that is answered, then RESUME, then the request that found nobody',
      seen: outcomesOf([polls.at(-1), resumed, repeated]),
      events: eventsOf([lost, polls.at(-1), resumed, repeated]),
    });
  },
});
