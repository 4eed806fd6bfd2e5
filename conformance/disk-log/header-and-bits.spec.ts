import { conformanceTest, dirtyRegions, diskLogs, textAnswer } from '../../harness/fixtures.js';

const REGIONS = 70;
const DIRTY = [17, 40, 63, 64, 69];

// DISK-01, STAT-01 (dm-log-userspace 5, 12): a leg fails for a while, so that some regions stay dirty for good.
conformanceTest(import.meta.url, {
  title: 'the log device holds magic, version, region count and one bit per region, and the status names it',
  ids: ['DISK-01', 'STAT-01'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-bit-order-reversed', 'disk-status-with-path'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await mirror.status();
    await leg.fail('high');
    await mirror.write(DIRTY);
    await lab.returned('SET_REGION_SYNC', DIRTY.length);
    await mirror.status();
    await mirror.suspend();
    await lab.logDevice.read();
    await mirror.remove();
  },
  situation: (history) => diskLogs(history).map(({ event }) => event),
  expect: (history, check) => {
    for (const image of diskLogs(history)) {
      const header = Buffer.from(image.bytes.subarray(0, 16)).toString('hex');
      check(header === '7252694d020000004600000000000000', {
        id: 'DISK-01',
        expected: '72 52 69 4D, version 2 and 70 as u64, all little-endian',
        seen: header,
        events: [image.event],
      });
      check(dirtyRegions(image, REGIONS).join() === DIRTY.join(), {
        id: 'DISK-01',
        expected: `the bits of ${DIRTY.join(', ')} are 0, and all others 1`,
        seen: `0 in ${dirtyRegions(image, REGIONS).join(', ') || 'none'}`,
        events: [image.event],
      });
    }
    const [image] = diskLogs(history);
    for (const status of history.exchanges('STATUS_INFO')) {
      check(textAnswer(status) === `3 clustered-disk ${String(image?.number)} A`, {
        id: 'STAT-01',
        expected: `the status "3 clustered-disk ${String(image?.number)} A"`,
        seen: `"${String(textAnswer(status))}"`,
        events: status.events(),
      });
    }
  },
});
