import { conformanceTest, statusLines } from '../../harness/fixtures.js';

const EIO = 5;
const WRITTEN = 5;

// DISK-08, STAT-06 (dm-log-userspace 12): the log device fails for a while. Without handle_errors the kernel writes all the
// same, so that a FLUSH which reports success would leave a region clean that is being written.
conformanceTest(import.meta.url, {
  title: 'when the log device fails FLUSH fails with EIO, the status shows D, and no region is falsely clean',
  ids: ['DISK-08', 'STAT-06'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['log-write-error-ignored'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const log = await lab.stagedLog();
    const mirror = lab.mirror({
      regions: 64,
      sync: 'nosync',
      log: 'clustered-disk',
      logDevice: log.device,
    });
    await mirror.create();
    await mirror.status();
    await log.fail('low');
    await leg.hold('low');
    const write = await mirror.writeInFlight([WRITTEN]);
    await lab.returned('FLUSH', 1);
    await mirror.status();
    await log.heal('low');
    await leg.release('low');
    await write.finished();
    await mirror.remove();
  },
  situation: (history) => {
    const marks = history.exchanges('MARK_REGION', 'FLUSH');
    return marks.length < 2 ? [] : marks.flatMap((mark) => mark.events());
  },
  expect: (history, check) => {
    const [flush] = history.exchanges('FLUSH');
    check(flush?.answer?.error === -EIO, {
      id: 'DISK-08',
      expected: 'the FLUSH behind the mark fails with -EIO',
      seen: `error ${String(flush?.answer?.error)}`,
      events: flush?.events() ?? [],
    });
    const [before, after] = statusLines(history);
    check(before?.stdout.trim().endsWith(' A') === true && after?.stdout.trim().endsWith(' D') === true, {
      expected: 'the status of the log device is A before its failure, and D afterwards',
      seen: `"${before?.stdout.trim() ?? ''}", then "${after?.stdout.trim() ?? ''}"`,
      events: [before, after].flatMap((line) => line ?? []),
    });
    for (const status of history.exchanges('STATUS_INFO').slice(1)) {
      const text = Buffer.from(status.answer?.payload ?? []).toString('latin1');
      check(/ D\0?$/.test(text), {
        id: 'STAT-06',
        expected: 'STATUS_INFO ends in D after the failure',
        seen: text,
        events: status.events(),
      });
    }
  },
});
