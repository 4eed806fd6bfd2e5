import { afterPostsuspend, conformanceTest } from '../../harness/fixtures.js';

// SUSP-03, ERR-03 (dm-log-userspace 9.5): the last writes end while POSTSUSPEND is already on its way. Of two held
// writes the first one's CLEAR waits for the frozen daemon, the second one's end releases POSTSUSPEND, and its own CLEAR
// can only follow.
conformanceTest(import.meta.url, {
  title: 'CLEAR_REGION and FLUSH after POSTSUSPEND are answered with success',
  ids: ['SUSP-03', 'ERR-03'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['late-clear-refused', 'late-flush-unknown'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await leg.hold('low');
    await leg.hold('high');
    const writes = await mirror.writeHeld([1, 40]);
    const suspending = lab.start(() => mirror.suspend());
    await lab.returned('PRESUSPEND', 1);
    await lab.subject.freeze();
    await leg.release('low');
    await lab.sent('CLEAR_REGION', 1);
    await leg.release('high');
    await lab.sent('POSTSUSPEND', 1);
    await lab.subject.thaw();
    await suspending.finished();
    await writes.finished();
    await mirror.marksCleared();
    await mirror.resume();
    await mirror.remove();
  },
  situation: (history) => {
    const late = afterPostsuspend(history);
    return ['CLEAR_REGION', 'FLUSH'].every((wanted) => late.some(({ name }) => name === wanted))
      ? late.flatMap((exchange) => exchange.events())
      : [];
  },
  expect: (history, check) => {
    for (const exchange of afterPostsuspend(history)) {
      if (exchange.name !== 'CLEAR_REGION' && exchange.name !== 'FLUSH') continue;
      const error = exchange.answer?.error;
      check(error === 0, {
        id: 'SUSP-03',
        expected: `${exchange.name} after POSTSUSPEND succeeds`,
        seen: error === undefined ? 'no answer' : `error ${error}`,
        events: exchange.events(),
      });
      check(error !== -3 && error !== -11, {
        id: 'ERR-03',
        expected: `${exchange.name} of a log that is known is not answered -ESRCH or -EAGAIN`,
        seen: `error ${String(error)}`,
        events: exchange.events(),
      });
    }
  },
});
