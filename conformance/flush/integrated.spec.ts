import { conformanceTest, payloadFlushRuns } from '../../harness/fixtures.js';

// FLUSH-08 (dm-log-userspace 8): with integrated_flush marks ride on FLUSH and nothing else.
conformanceTest(import.meta.url, {
  title: 'with integrated_flush no MARK_REGION is sent and marks ride on FLUSH in groups of at most 32',
  ids: ['FLUSH-08'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
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
    for (const run of payloadFlushRuns(history)) {
      const full = run.regions.slice(0, -1);
      check(run.regions.every((count) => count <= 32) && full.every((count) => count === 32), {
        expected: 'marks of one batch in FLUSH requests of 32 regions, and the rest in the last one',
        seen: run.regions.join(' + '),
        events: run.events,
      });
    }
    const carried = payloadFlushRuns(history).flatMap(({ regions }) => regions);
    check(carried.reduce((sum, count) => sum + count, 0) === 42, {
      expected: 'each of the 42 marks is carried once',
      seen: carried.join(' + '),
      events: payloadFlushRuns(history).flatMap(({ events }) => events),
    });
  },
});
