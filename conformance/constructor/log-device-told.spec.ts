import { commandsWith, conformanceTest } from '../../harness/fixtures.js';

// CTR-23 (dm-log-userspace 5, 14): LVM learns from the dependencies of a mirror that its log device is in use.
conformanceTest(import.meta.url, {
  title: 'CTR of a disk log names the log device, which is then a dependency of the mirror',
  ids: ['CTR-23'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['log-device-not-told'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, log: 'clustered-disk', sync: 'nosync' });
    await mirror.create();
    await lab.run(['dmsetup', 'deps', '-o', 'devname', mirror.name]);
    await mirror.remove();
  },
  situation: (history) => commandsWith(history, 'dmsetup', 'deps').filter(({ status }) => status === 0),
  expect: (history, check) => {
    const [ctr] = history.exchanges('CTR');
    const [deps] = commandsWith(history, 'dmsetup', 'deps');
    check(deps?.stdout.startsWith('3 dependencies') === true, {
      expected: 'three dependencies: two legs and the log device',
      seen: deps?.stdout.trim() ?? 'no such command',
      events: [...(ctr?.events() ?? []), ...(deps ? [deps] : [])],
    });
  },
});
