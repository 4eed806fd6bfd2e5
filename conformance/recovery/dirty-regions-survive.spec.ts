import { answeredU64, conformanceTest, dirtyRegions, diskLogs, rebuilds } from '../../harness/fixtures.js';

const REGIONS = 64;
const FAILED = 40;
const IN_FLIGHT = 5;

// RECOV-07, RECOV-08 (dm-log-userspace 13): one region is dirty because a leg failed, the other because a write is in
// flight. The constructor text of the reconnect says nosync, as at the beginning.
conformanceTest(import.meta.url, {
  title: 'a daemon that is restarted takes no region for clean that was marked, whatever the table says',
  ids: ['RECOV-07', 'RECOV-08', 'RECOV-04'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['restart-forgets-marks', 'nosync-reapplied-on-reconnect', 'reconnect-returns-device'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await leg.fail('high');
    await mirror.write([FAILED]);
    await lab.returned('SET_REGION_SYNC', 1);
    await leg.heal('high');
    await leg.hold('low');
    const write = await mirror.writeHeld([IN_FLIGHT]);
    await lab.subject.kill();
    await lab.subject.start();
    await mirror.status();
    await lab.logDevice.read();
    await leg.release('low');
    await write.finished();
    await mirror.onlyMarked([FAILED]);
    await mirror.status();
    await mirror.remove();
    await lab.logDevice.read();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    const pairs = rebuilds(history).filter(({ resume }) => resume?.answer?.error === 0);
    return killed === undefined || pairs.length === 0
      ? []
      : [killed, ...pairs.flatMap(({ events }) => events), ...diskLogs(history).map(({ event }) => event)];
  },
  expect: (history, check) => {
    const [during, after] = diskLogs(history);
    for (const [image, regions] of [
      [during, [IN_FLIGHT, FAILED]],
      [after, [FAILED]],
    ] as const) {
      if (image === undefined) continue;
      const dirty = dirtyRegions(image, REGIONS);
      for (const region of regions) {
        check(dirty.includes(region), {
          // With nosync applied again the region that failed is the one that comes back.
          id: region === FAILED ? 'RECOV-08' : 'RECOV-07',
          expected: `region ${region}, which was marked before the restart and not cleared since, is dirty`,
          seen: `dirty are ${dirty.join(', ') || 'none'}`,
          events: [image.event],
        });
      }
    }
    for (const { ctr } of rebuilds(history)) {
      for (const { dataSize } of ctr.accepted) {
        check(dataSize === 0, {
          id: 'RECOV-04',
          expected: 'the CTR of a reconnect is answered without data, although the log has a device',
          seen: `${dataSize} bytes`,
          events: ctr.events(),
        });
      }
    }
    const [rebuilt] = rebuilds(history);
    const at = rebuilt?.events[0]?.t ?? 0n;
    for (const count of history.exchanges('GET_SYNC_COUNT')) {
      const told = answeredU64(count);
      if ((count.request?.t ?? 0n) < at || told === undefined) continue;
      check(told < BigInt(REGIONS), {
        id: 'RECOV-08',
        expected: `at most ${REGIONS - 1} regions in sync: ${FAILED} is not, although the table says nosync`,
        seen: String(told),
        events: count.events(),
      });
    }
  },
});
