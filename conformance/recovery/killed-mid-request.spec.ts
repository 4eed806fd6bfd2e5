import {
  conformanceTest,
  exchangesAfterEvent,
  legComparisons,
  unclearedMarks,
} from '../../harness/fixtures.js';

const WRITES = 24;
/** The kernel sends a request that died with the daemon again after 15 s (dm-log-userspace 2.5). */
const RESEND_DEADLINE_MS = 40_000;

// RECOV-11 (dm-log-userspace 2.5, 13): the daemon takes a request with it, most of the time.
conformanceTest(import.meta.url, {
  title: 'when the daemon is killed at any moment of a write load every write ends and the legs are equal',
  ids: ['RECOV-11'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['reconnect-starts-unsynced'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    const writes = await mirror.writeLoad(WRITES);
    await lab.returned('MARK_REGION', 5);
    await lab.subject.kill();
    await lab.subject.start();
    await writes.finished(RESEND_DEADLINE_MS);
    await mirror.marksCleared();
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
    const left = unclearedMarks(history);
    check(left.length === 0, {
      expected: 'every mark was cleared in the end',
      seen: `region ${left.map(({ region }) => region).join(', ')} is still marked`,
      events: left.flatMap(({ mark }) => mark.events()),
    });
  },
});
