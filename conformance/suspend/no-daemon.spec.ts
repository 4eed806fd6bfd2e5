import {
  commandsWith,
  conformanceTest,
  ESRCH,
  eventsOf,
  kernelLogLines,
  outcomesOf,
} from '../../harness/fixtures.js';

// SUSP-11 (dm-log-userspace 2.6): the log is lost, the device is not. The resume wakes the worker, which waits for a
// daemon from then on, so that the test starts one again before it removes the device.
conformanceTest(import.meta.url, {
  title: 'suspend and resume succeed without a daemon, with warnings in the kernel log',
  ids: ['SUSP-11'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['suspend-without-daemon-fails', 'suspend-without-daemon-is-silent'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.marksCleared();
    await lab.subject.kill();
    await mirror.suspend();
    await mirror.resume();
    await lab.kernelLog(/device-mapper/);
    await lab.subject.start();
    await mirror.remove();
  },
  situation: (history) => {
    const unheard = history
      .exchanges('PRESUSPEND', 'POSTSUSPEND', 'RESUME')
      .filter(({ replies, result }) => replies.length === 0 && result === -ESRCH);
    return unheard.length === 3 ? eventsOf(unheard) : [];
  },
  expect: (history, check) => {
    for (const verb of ['suspend', 'resume']) {
      const [command] = commandsWith(history, 'dmsetup', verb);
      check(command?.status === 0, {
        expected: `dmsetup ${verb} succeeds`,
        seen: `status ${String(command?.status)}: ${command?.stderr.trim() ?? 'no such command'}`,
        ...(command && { events: [command] }),
      });
    }
    for (const hook of [/presuspend failed/i, /postsuspend failed/i, /resume failed/i]) {
      const { lines, events } = kernelLogLines(history, hook);
      check(lines.length > 0, {
        expected: `a warning in the kernel log like ${hook.source}`,
        seen:
          lines.join(' / ') ||
          `${outcomesOf(history.exchanges('PRESUSPEND', 'RESUME'))}, and nothing of it in the log`,
        events,
      });
    }
  },
});
