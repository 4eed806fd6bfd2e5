import {
  conformanceTest,
  eventsOf,
  markBatches,
  regionAsked,
  regionsListed,
} from '../../harness/fixtures.js';

// FLUSH-03, FLUSH-05, TRN-14 (dm-log-userspace 2.7, 8): while the daemon is frozen the writes pile up in the kernel, so that one
// flush has to carry more marks than fit into one message.
conformanceTest(import.meta.url, {
  title: 'a flush with more than 32 marks sends groups of at most 32, newest first, and one FLUSH',
  ids: ['FLUSH-03', 'FLUSH-05', 'TRN-14'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'forty-marks-in-one-message',
    'second-flush-after-one-batch',
    'region-marked-twice',
    'marks-oldest-first',
  ],
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
          id: 'FLUSH-03',
          expected: `${batch.regions} marks in ${Math.ceil(batch.regions / 32)} messages of at most 32 regions`,
          seen: batch.groups.join(' + '),
          events: batch.events,
        },
      );
      check(batch.flushes === 1, {
        id: 'FLUSH-03',
        expected: 'exactly one FLUSH between this batch of marks and the next',
        seen: `${batch.flushes}`,
        events: batch.events,
      });
    }
    const marks = history.exchanges('MARK_REGION');
    for (const mark of marks) {
      const regions = regionsListed(mark);
      check(mark.payload.length <= 332 && regions.length <= 32, {
        id: 'TRN-14',
        expected: 'at most 332 bytes of payload, and 32 regions',
        seen: `${mark.payload.length} bytes, ${regions.length} regions`,
        events: mark.events(),
      });
      // A region is put into the region hash, and to its list of marks, right after its last IN_SYNC.
      const before = history.thread(mark.node, mark.tid);
      const asked = before
        .slice(0, before.indexOf(mark))
        .map((one) => (one.name === 'IN_SYNC' ? regionAsked(one) : -1));
      const age = regions.map((region) => asked.lastIndexOf(region));
      check(
        age.every((at, index) => index === 0 || at < (age[index - 1] ?? 0)),
        {
          id: 'FLUSH-05',
          expected: 'the regions of a group in the reverse order of their last IN_SYNC',
          seen: `regions ${regions.join(' ')} asked for at ${age.join(' ')}`,
          events: eventsOf([mark]),
        },
      );
    }
  },
});
