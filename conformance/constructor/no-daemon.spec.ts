import { conformanceTest, milliseconds, ESRCH } from '../../harness/fixtures.js';

// CTR-20 (dm-log-userspace 2.6): nobody listens, so the send fails at once; the load must fail with it
// instead of waiting, and the half-made device must not stay.
conformanceTest(import.meta.url, {
  title: 'creating a mirror without a daemon fails at once and leaves no device',
  ids: ['CTR-20'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'absent',
  mutants: [
    'create-without-daemon-waits',
    'create-without-daemon-leaves-device',
    'create-without-daemon-succeeds',
    'create-without-daemon-asks-again',
  ],
  drive: async (lab) => {
    await lab.mirror({ regions: 64, sync: 'nosync' }).tryCreate();
    await lab.run(['dmsetup', 'table']);
  },
  situation: (history) =>
    history
      .exchanges('CTR')
      .filter((ctr) => ctr.replies.length === 0 && ctr.result === -ESRCH)
      .flatMap((ctr) => ctr.events()),
  expect: (history, check) => {
    const [create, table] = history.commands();
    const asked = history.exchanges('CTR');
    const events = asked.flatMap((ctr) => ctr.events());
    const [first, last] = [asked[0]?.request?.t, asked.at(-1)?.return?.t];
    const ms = first === undefined || last === undefined ? Infinity : milliseconds(last - first);
    check(ms < 1000, {
      expected: 'from the first CTR to the last return less than 1000 ms pass',
      seen: `${ms.toFixed(1)} ms`,
      events,
    });
    check(asked.length === 1, { expected: 'CTR is tried once', seen: `${asked.length} times`, events });
    check(create?.status === 1 && create.stderr.includes('Invalid argument'), {
      expected: 'dmsetup create fails with EINVAL ("Invalid argument")',
      seen: `status ${String(create?.status)}: ${create?.stderr.trim() ?? 'no such command'}`,
      ...(create && { events: [create] }),
    });
    check(table?.status === 0 && table.stdout.trim() === 'No devices found', {
      expected: 'no device is left ("No devices found")',
      seen: `status ${String(table?.status)}: ${table?.stdout.trim() ?? 'no such command'}`,
      ...(table && { events: [table] }),
    });
  },
});
