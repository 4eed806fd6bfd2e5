import { commandsWith, conformanceTest, encodeText } from '../../harness/fixtures.js';

const DEVICE = '/dev/loop0';

// CTR-18 (dm-log-userspace 5): the kernel holds the device that the daemon keeps its log on, and lets go of it.
conformanceTest(import.meta.url, {
  title: 'a device that CTR returns is a dependency of the mirror until the mirror is removed',
  ids: ['CTR-18'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['log-device-is-no-dependency', 'log-device-is-kept'],
  drive: async (lab) => {
    await lab.run(`truncate -s 1M /run/log-device && losetup ${DEVICE} /run/log-device`);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    const payload = encodeText(DEVICE, true);
    lab.puppet.replace('CTR', () => ({ form: 'full', error: 0, payload }));
    await mirror.create();
    await lab.run(['dmsetup', 'deps', '-o', 'blkdevname', mirror.name]);
    await lab.run(['ls', '/sys/block/loop0/holders']);
    await mirror.remove();
    await lab.run(['ls', '/sys/block/loop0/holders']);
  },
  situation: (history) => {
    const [ctr] = history.exchanges('CTR');
    const named = ctr?.result === 0 && ctr.answer?.payload.length === DEVICE.length + 1;
    const removed = commandsWith(history, 'dmsetup', 'remove').filter(({ status }) => status === 0);
    return named ? removed : [];
  },
  expect: (history, check) => {
    const [deps] = commandsWith(history, 'dmsetup', 'deps');
    check(deps?.stdout.includes('(loop0)') === true, {
      expected: 'loop0 among the dependencies',
      seen: deps?.stdout.trim() ?? 'no such command',
      events: deps ? [deps] : [],
    });
    const [held, released] = commandsWith(history, 'ls', '/sys/block/loop0/holders');
    check(held?.stdout.trim() !== '' && released?.status === 0 && released.stdout.trim() === '', {
      expected: 'a holder of loop0 while the mirror exists, and none afterwards',
      seen: `${held?.stdout.trim() ?? ''}, then ${released?.stdout.trim() || 'nothing'}`,
      events: [...(held ? [held] : []), ...(released ? [released] : [])],
    });
  },
});
