import { conformanceTest, ESRCH, lvmCommands } from '../../harness/fixtures.js';

conformanceTest(import.meta.url, {
  title: 'lvcreate of a mirror without a daemon fails with an error of LVM, and leaves no device behind',
  ids: ['LVM-25'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'absent',
  mutants: ['lvcreate-without-daemon-succeeds', 'lvcreate-without-daemon-leaves-device'],
  drive: async (lab) => {
    const group = await lab.volumeGroup({ log: 'core', flush: 'legacy' });
    await group.lvm.attempt([
      'lvcreate',
      '-y',
      '--type',
      'mirror',
      '-m1',
      '--mirrorlog',
      'core',
      '-l8',
      '-nlv',
      'vg',
    ]);
    await lab.kernelLog(/userspace|mirror log/i);
    await lab.run(['dmsetup', 'ls']);
  },
  situation: (history) =>
    history
      .exchanges('CTR')
      .filter(({ result, replies }) => result === -ESRCH && replies.length === 0)
      .flatMap((ctr) => ctr.events()),
  expect: (history, check) => {
    const [create] = lvmCommands(history, 'lvcreate');
    check(create !== undefined && create.status !== 0 && create.outcome === 'exited', {
      expected: 'lvcreate fails',
      seen: `status ${String(create?.status)}`,
      events: create === undefined ? [] : [create],
    });
    check(create?.stderr.includes('Failed to activate new LV') === true, {
      expected: 'LVM says that it failed to activate the volume',
      seen: create?.stderr.trim() ?? 'nothing',
      events: create === undefined ? [] : [create],
    });
    const [listing] = lvmCommands(history, 'dmsetup').slice(-1);
    check(listing?.stdout.trim() === 'No devices found', {
      expected: 'no device left',
      seen: listing?.stdout.trim() ?? 'nothing',
      events: listing === undefined ? [] : [listing],
    });
  },
});
