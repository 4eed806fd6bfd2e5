import {
  conformanceTest,
  dirtyRegions,
  diskLogs,
  legComparisons,
  statusLines,
} from '../../harness/fixtures.js';

const REGIONS = 64;
const DIRTY = [20, 33, 63];

// DISK-03 (dm-log-userspace 12): the daemon leaves a log with dirty regions behind, whose data is on one leg only. The
// kernel's own disk log takes it over: only if it reads the same regions are the legs equal in the end.
conformanceTest(import.meta.url, {
  title: "a log that the daemon wrote is read alike by the kernel's own disk log",
  ids: ['DISK-03'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['disk-words-swapped'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const ours = lab.mirror({ regions: REGIONS, sync: 'nosync', log: 'clustered-disk' });
    await ours.create();
    await leg.fail('high');
    await ours.write(DIRTY);
    await lab.returned('SET_REGION_SYNC', DIRTY.length);
    await leg.heal('high');
    await ours.remove();
    await lab.logDevice.read();
    await ours.compareLegs();
    const kernels = lab.mirror({ regions: REGIONS, log: 'disk' });
    await leg.hold('high');
    await kernels.create();
    await kernels.status();
    await leg.release('high');
    await kernels.waitInSync(30_000);
    await kernels.remove();
    await kernels.compareLegs();
    await lab.logDevice.read();
  },
  situation: (history) => {
    const different = legComparisons(history).filter(({ equal }) => !equal);
    const images = diskLogs(history);
    return different.length === 0 || images.length < 2
      ? []
      : [...different, ...images].map(({ event }) => event);
  },
  expect: (history, check) => {
    const [left, taken] = diskLogs(history);
    const inSync = REGIONS - DIRTY.length;
    const [first] = statusLines(history);
    check(first?.stdout.includes(` ${inSync}/${REGIONS} 1 AA 3 disk `) === true, {
      expected: `the kernel finds ${inSync} of ${REGIONS} regions in sync`,
      seen: first?.stdout.trim() ?? 'no status',
      events: [...(first === undefined ? [] : [first]), ...(left === undefined ? [] : [left.event])],
    });
    if (taken !== undefined) {
      check(dirtyRegions(taken, REGIONS).length === 0 && taken.regions === BigInt(REGIONS), {
        expected: 'the kernel keeps the header and cleans the bits of the regions that it recovered',
        seen: `${taken.regions} regions, dirty are ${dirtyRegions(taken, REGIONS).join(', ')}`,
        events: [taken.event],
      });
    }
    const legs = legComparisons(history).at(-1);
    check(legs?.equal === true, {
      expected: 'the legs are equal after the kernel recovered what it read',
      seen: legs === undefined ? 'the scenario did not get so far' : 'they differ',
      ...(legs && { events: [legs.event] }),
    });
  },
});
