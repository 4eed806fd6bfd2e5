import {
  conformanceTest,
  exchangesAfterEvent,
  legComparisons,
  unclearedMarks,
} from '../../harness/fixtures.js';

const WRITES = 24;
/** For all of them together, with the seconds that the kernel waits between two tries to find a daemon. */
const LOAD_DEADLINE_MS = 30_000;

// RECOV-11 (dm-log-userspace 13): writes go on all over the mirror while the daemon dies and another takes its place.
// At its death writes are in flight and no request is: one that died with the daemon would be sent again 15 s later
// (spec 2.5), which is the scenario of killed-mid-request.
conformanceTest(import.meta.url, {
  title: 'when the daemon is killed and restarted under write load every write ends and the legs are equal',
  ids: ['RECOV-11'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['reconnect-starts-unsynced'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await leg.hold('high');
    const writes = await mirror.writeLoad(WRITES);
    // 0, 7 and 14 are in the low part.
    await mirror.onlyMarked([21]);
    await lab.subject.kill();
    await leg.release('high');
    await lab.unheard(1);
    await lab.subject.start();
    await writes.finished(LOAD_DEADLINE_MS);
    await mirror.marksCleared();
    await mirror.status();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return [];
    const marks = exchangesAfterEvent(history, killed).filter(({ name }) => name === 'MARK_REGION');
    return marks.length === 0 ? [] : [killed, ...marks.flatMap((mark) => mark.events())];
  },
  expect: (history, check) => {
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      expected: 'both legs hold the same bytes after the last write',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
    const status = history.commands().findLast(({ argv }) => argv[1] === 'status');
    check(status?.stdout.includes(' 64/64 1 AA ') === true, {
      expected: 'the last status line shows 64/64 regions in sync',
      seen: status?.stdout.trim() ?? 'the scenario did not get so far',
      ...(status && { events: [status] }),
    });
    const left = unclearedMarks(history);
    check(left.length === 0, {
      expected: 'every mark was cleared in the end',
      seen: `region ${left.map(({ region }) => region).join(', ')} is still marked`,
      events: left.flatMap(({ mark }) => mark.events()),
    });
  },
});
