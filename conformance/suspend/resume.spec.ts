import {
  commandsWith,
  conformanceTest,
  eventsOf,
  kernelLogLines,
  outcomesOf,
} from '../../harness/fixtures.js';

const EIO = 5;
const IO_PATH = [
  'IN_SYNC',
  'FLUSH',
  'MARK_REGION',
  'CLEAR_REGION',
  'GET_RESYNC_WORK',
  'SET_REGION_SYNC',
  'IS_REMOTE_RECOVERING',
] as const;

// SUSP-05, SUSP-06 (dm-log-userspace 4, 6.1, 6.3): two logs; the RESUME of the first is answered with an error.
conformanceTest(import.meta.url, {
  title: 'RESUME comes before all I/O-path requests of a log, and an error in its answer is only logged',
  ids: ['SUSP-05', 'SUSP-06'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['io-before-resume', 'resume-error-fails-the-ioctl', 'resume-error-is-not-logged'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    lab.puppet.fail('RESUME', EIO, { times: 1 });
    await mirror.create();
    await mirror.write([1]);
    await lab.kernelLog(/device-mapper/);
    await mirror.reload({ regions: 96 });
    await mirror.resume();
    await mirror.write([70]);
    await mirror.remove();
  },
  situation: (history) => {
    const resumed = history.exchanges('RESUME');
    const worked = history
      .instances()
      .filter(({ exchanges }) => exchanges.some(({ name }) => name === 'MARK_REGION'));
    return resumed[0]?.result === -EIO && worked.length === 2 ? eventsOf(resumed) : [];
  },
  expect: (history, check) => {
    for (const { exchanges } of history.instances()) {
      const first = exchanges.find(({ name }) => name === 'RESUME' || IO_PATH.some((one) => one === name));
      check(first?.name === 'RESUME', {
        id: 'SUSP-05',
        expected: 'RESUME before the first request of the I/O path',
        seen: outcomesOf([first]),
        events: eventsOf([first]),
      });
    }
    const [create] = commandsWith(history, 'create');
    const [write] = history.commands().filter(({ argv }) => argv.join(' ').includes('dd if='));
    check(create?.status === 0 && write?.status === 0, {
      id: 'SUSP-06',
      expected: 'the device becomes active and takes a write',
      seen: `dmsetup create: status ${String(create?.status)}, write: status ${String(write?.status)}`,
      events: [
        ...(create ? [create] : []),
        ...(write ? [write] : []),
        ...eventsOf(history.exchanges('RESUME')),
      ],
    });
    const { lines, events } = kernelLogLines(history, /resume failed/);
    check(lines.length > 0, {
      id: 'SUSP-06',
      expected: 'a line "resume failed" in the kernel log',
      seen: 'no such line',
      events,
    });
  },
});
