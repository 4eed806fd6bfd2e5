import { conformanceTest, payloadFlushes } from '../../harness/fixtures.js';

// FLUSH-08 (dm-log-userspace 8): with integrated_flush marks ride on FLUSH and nothing else.
conformanceTest(import.meta.url, {
  title: 'with integrated_flush no MARK_REGION is sent and marks ride on FLUSH in groups of at most 32',
  ids: ['FLUSH-08'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'running',
  mutants: ['integrated-flush-split'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 128, sync: 'nosync', integratedFlush: true });
    await mirror.create();
    await lab.run(['dmsetup', 'table']);
    await mirror.write([0]);
    await lab.subject.freeze();
    const writes = await mirror.writeTogether(Array.from({ length: 41 }, (_unused, index) => index + 1));
    await lab.subject.thaw();
    await writes.finished();
    await mirror.remove();
  },
  situation: (history) => {
    const asked = history.commands().some(({ stdout }) => stdout.includes(' integrated_flush '));
    const large = history.exchanges('FLUSH').some((flush) => flush.payload.length === 32 * 8);
    return asked && large ? history.exchanges('FLUSH').flatMap((flush) => flush.events()) : [];
  },
  expect: (history, check) => {
    const marks = history.exchanges('MARK_REGION');
    check(marks.length === 0, {
      expected: 'no MARK_REGION',
      seen: `${marks.length} of them`,
      events: marks.flatMap((mark) => mark.events()),
    });
    const regions = payloadFlushes(history).map((flush) => flush.regions);
    check(regions.every((count) => count <= 32) && regions.reduce((sum, count) => sum + count, 0) === 42, {
      expected: 'FLUSH payloads of at most 32 regions that carry each of the 42 marks once',
      seen: regions.join(' + '),
      events: payloadFlushes(history).flatMap((flush) => flush.exchange.events()),
    });
    check(regions.length <= 4, {
      expected:
        'the first write alone, the first of the 41 alone or with others, and ceil(m/32) for the rest',
      seen: `${regions.length} FLUSH messages with payload`,
      events: payloadFlushes(history).flatMap((flush) => flush.exchange.events()),
    });
  },
});
