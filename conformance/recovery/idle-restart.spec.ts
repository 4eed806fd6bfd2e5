import {
  conformanceTest,
  exchangesAfterEvent,
  legComparisons,
  regionsListed,
} from '../../harness/fixtures.js';

const WRITTEN = [2, 17, 63];

// RECOV-13 (dm-log-userspace 2.6): nothing tells the kernel that the daemon is another one. If that says of a log that
// it does not know anything but "rebuild it", writes go to one leg only and leave no trace.
conformanceTest(import.meta.url, {
  title: 'a mirror that is written after its idle daemon was restarted marks the regions and has equal legs',
  ids: ['RECOV-13'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['unknown-log-not-in-sync', 'unknown-log-invalid'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    // From here on the kernel knows that all is in sync, and the first thing that it asks for a write is IN_SYNC.
    await mirror.write([1]);
    await mirror.marksCleared();
    await lab.subject.kill();
    await lab.subject.start();
    await mirror.write(WRITTEN);
    await mirror.marksCleared();
    await mirror.remove();
    await mirror.compareLegs();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    const [first] = killed === undefined ? [] : exchangesAfterEvent(history, killed);
    // A send that found no listener would have told the kernel.
    return killed === undefined || first?.answer === undefined || first.name !== 'IN_SYNC'
      ? []
      : [killed, ...first.events()];
  },
  expect: (history, check) => {
    const marks = history.exchanges('MARK_REGION');
    const marked = new Set(marks.flatMap((mark) => regionsListed(mark)));
    for (const region of WRITTEN) {
      check(marked.has(region), {
        expected: `region ${region} was marked before it was written`,
        seen: `marks of ${[...marked].join(', ') || 'no region'}`,
        events: marks.flatMap((mark) => mark.events()),
      });
    }
    const [legs] = legComparisons(history);
    check(legs?.equal === true, {
      expected: 'both legs hold the same bytes',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
