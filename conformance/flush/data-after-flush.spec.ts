import { conformanceTest, eventsOf, legLooks } from '../../harness/fixtures.js';

// FLUSH-01 (dm-log-userspace 7, 8): what the log is for. While the answer to FLUSH is kept back the legs are read past
// all caches.
conformanceTest(import.meta.url, {
  title: 'the data of a write reaches no leg before the FLUSH after its mark is answered',
  ids: ['FLUSH-01'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['data-before-flush', 'data-on-one-leg-before-flush'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    const flushes = lab.puppet.hold('FLUSH');
    const writes = await mirror.writeInFlight([5]);
    await flushes.held(1, 12_000);
    await lab.lookAtLegs(5);
    flushes.release();
    await writes.finished();
    await lab.lookAtLegs(5);
    await mirror.remove();
  },
  situation: (history) => {
    const [mark] = history.exchanges('MARK_REGION');
    const [flush] = history.exchanges('FLUSH');
    const [before, after] = legLooks(history);
    const [sent, answered] = [flush?.transmissions[0], flush?.answer];
    if (mark === undefined || !before || !after || !sent || !answered) return [];
    const place = history.place(before.event);
    const within = place > history.place(sent) && place < history.place(answered);
    return within && after.written.every((written) => written)
      ? [...eventsOf([mark, flush]), before.event]
      : [];
  },
  expect: (history, check) => {
    const [before, after] = legLooks(history);
    const [mark] = history.exchanges('MARK_REGION');
    const [flush] = history.exchanges('FLUSH');
    if (before === undefined || after === undefined) return;
    check(
      before.written.every((written) => !written),
      {
        expected: 'no leg holds the data while the FLUSH waits for its answer',
        seen: `legs with the data: ${before.written
          .map((written, leg) => (written ? `leg${leg}` : ''))
          .filter(Boolean)
          .join(', ')}`,
        events: [...eventsOf([mark, flush]), before.event],
      },
    );
    check(
      after.written.every((written) => written),
      {
        expected: 'all legs hold the data when the write has returned',
        seen: after.written.join(', '),
        events: [after.event],
      },
    );
  },
});
