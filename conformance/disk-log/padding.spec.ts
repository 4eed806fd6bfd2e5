import { answeredU64, conformanceTest, diskLogs } from '../../harness/fixtures.js';

const REGION_COUNTS = [1, 33, 65];

// DISK-10 (dm-log-userspace 12, Load, item 4): the device is full of other bytes before, so that the bits behind the last
// region are 0 only when the daemon makes them so.
conformanceTest(import.meta.url, {
  title: 'the bits behind the last region are zero on the log device and are never counted',
  ids: ['DISK-10'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-padding-set'],
  drive: async (lab) => {
    for (const regions of REGION_COUNTS) {
      await lab.logDevice.spoil();
      const mirror = lab.mirror({
        name: `regions${regions}`,
        regions,
        sync: 'nosync',
        log: 'clustered-disk',
      });
      await mirror.create();
      await mirror.write([regions - 1]);
      await mirror.status();
      await lab.logDevice.read();
      await mirror.remove();
    }
  },
  situation: (history) => diskLogs(history).map(({ event }) => event),
  expect: (history, check) => {
    for (const [index, image] of diskLogs(history).entries()) {
      const regions = REGION_COUNTS[index] ?? 0;
      const end = Math.ceil(regions / 64) * 64;
      const set = Array.from({ length: end - regions }, (_unused, bit) => regions + bit).filter((bit) =>
        image.isClean(bit),
      );
      check(set.length === 0, {
        expected: `bits ${regions} to ${end - 1} behind the last region are 0`,
        seen: `1 in ${set.join(', ')}`,
        events: [image.event],
      });
    }
    for (const [index, { exchanges }] of history.instances().entries()) {
      const regions = BigInt(REGION_COUNTS[index] ?? 0);
      for (const count of exchanges.filter(({ name }) => name === 'GET_SYNC_COUNT')) {
        check(answeredU64(count) === regions || answeredU64(count) === 0n, {
          expected: `${regions} regions in sync, or 0 before RESUME`,
          seen: String(answeredU64(count)),
          events: count.events(),
        });
      }
    }
  },
});
