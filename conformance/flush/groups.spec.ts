import { conformanceTest, markBatches } from '../../harness/fixtures.js';

// FLUSH-03 (dm-log-userspace 2.7, 8): while the daemon is frozen the writes pile up in the kernel, so that one
// flush has to carry more marks than fit into one message.
conformanceTest(import.meta.url, {
  title: 'a flush with more than 32 marks sends groups of at most 32 and one FLUSH',
  ids: ['FLUSH-03'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['forty-marks-in-one-message', 'second-flush-after-one-batch', 'region-marked-twice'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 128, sync: 'nosync' });
    await mirror.create();
    await mirror.write([0]);
    await lab.subject.freeze();
    const writes = await mirror.writeTogether(Array.from({ length: 41 }, (_unused, index) => index + 1));
    await lab.subject.thaw();
    await writes.finished();
    await mirror.remove();
  },
  situation: (history) =>
    markBatches(history)
      .filter((batch) => batch.regions > 32)
      .flatMap((batch) => batch.events),
  expect: (history, check) => {
    for (const batch of markBatches(history)) {
      check(
        batch.groups.every((regions) => regions <= 32) &&
          batch.groups.length === Math.ceil(batch.regions / 32),
        {
          expected: `${batch.regions} marks in ${Math.ceil(batch.regions / 32)} messages of at most 32 regions`,
          seen: batch.groups.join(' + '),
          events: batch.events,
        },
      );
      check(batch.flushes === 1, {
        expected: 'exactly one FLUSH between this batch of marks and the next',
        seen: `${batch.flushes}`,
        events: batch.events,
      });
    }
  },
});
