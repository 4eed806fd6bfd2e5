import {
  answeredU64,
  conformanceTest,
  exchangesAfterEvent,
  rebuilds,
  requestsFailed,
} from '../../harness/fixtures.js';

/** For a daemon to start, and the 2 s between two tries of a thread. */
const RECONNECT_DEADLINE_MS = 40_000;

// RECOV-10, RECOV-02 (dm-log-userspace 2.6): each thread that misses the daemon runs a reconnect of its own. The first
// one rebuilds the log, and all others meet one that is alive.
conformanceTest(import.meta.url, {
  title: 'several threads that reconnect one log are all answered, and the later ones change nothing in it',
  ids: ['RECOV-10', 'RECOV-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['live-ctr-refused'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await lab.subject.kill();
    const write = await mirror.writeLoad(1);
    const status = ['dmsetup', 'status', 'mirror'];
    const asking = [1, 2].map(() => lab.start(() => lab.run(status, { deadlineMs: RECONNECT_DEADLINE_MS })));
    // Each of the three has found nobody and waits for its next try.
    await lab.unheard(3);
    await lab.subject.start();
    await write.finished(RECONNECT_DEADLINE_MS);
    for (const one of asking) await one.finished();
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    const pairs = rebuilds(history).filter(({ ctr }) => ctr.answer !== undefined);
    return killed === undefined || pairs.length < 2 ? [] : [killed, ...pairs.flatMap(({ events }) => events)];
  },
  expect: (history, check) => {
    const [, ...later] = rebuilds(history).filter(({ ctr }) => ctr.answer !== undefined);
    for (const { ctr, resume, events } of later) {
      check(ctr.result === 0 && resume?.result === 0, {
        expected: 'CTR and RESUME of the live log succeed',
        seen: `CTR ${String(ctr.result)}, RESUME ${String(resume?.result)}`,
        events,
      });
    }
    const begin = later[0]?.events[0];
    const after = begin === undefined ? [] : exchangesAfterEvent(history, begin);
    const counts = after.filter(({ name, answer }) => name === 'GET_SYNC_COUNT' && answer !== undefined);
    for (const count of counts) {
      check(answeredU64(count) === 64n, {
        id: 'RECOV-02',
        expected: '64 regions in sync, as before the later CTR and RESUME',
        seen: String(answeredU64(count)),
        events: count.events(),
      });
    }
    const failed = requestsFailed(after.filter(({ answer }) => answer !== undefined));
    check(failed.length === 0, {
      expected: 'every request that the new daemon was asked is served',
      seen: failed.map(({ name, result }) => `${String(name)} ${String(result)}`).join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
  },
});
