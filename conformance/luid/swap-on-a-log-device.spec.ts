import {
  coexisting,
  conformanceTest,
  dirtyRegions,
  diskLogs,
  requestsFailed,
} from '../../harness/fixtures.js';

const HELD = 40;
const NEW = 96;

// LUID-03, LUID-12, FLUSH-02 (dm-log-userspace 6.2, 9.5, 12): two logs of one UUID have one log device open. Until the swap
// it belongs to the old one, whose mark must reach it although a newer log is there; after it to the new one, from which
// neither RESUME nor DTR may take it away again.
conformanceTest(import.meta.url, {
  title: 'a log device that two logs share holds what the live one said, before a swap and after it',
  ids: ['LUID-03', 'LUID-12', 'FLUSH-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['marks-go-to-newest', 'resume-by-uuid', 'dtr-frees-log-device', 'dtr-writes-old-bitmap'],
  drive: async (lab) => {
    const leg = await lab.stagedLeg(1);
    const mirror = lab.mirror({ regions: 64, sync: 'nosync', log: 'clustered-disk' });
    await mirror.create();
    await mirror.reload({ regions: NEW, sync: 'default' });
    await leg.hold('high');
    const write = await mirror.writeHeld([HELD]);
    await lab.logDevice.read();
    await leg.release('high');
    await write.finished();
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.write([HELD, NEW - 1]);
    await mirror.remove();
    await lab.logDevice.read();
    await mirror.compareLegs();
  },
  situation: (history) => coexisting(history).flatMap(({ events }) => events),
  expect: (history, check) => {
    const [before, after] = diskLogs(history);
    const next = history.instances()[1];
    if (before !== undefined) {
      check(!before.isClean(HELD), {
        id: 'FLUSH-02',
        expected: `region ${HELD} is dirty on the device while its write is in flight and the new table only loaded`,
        seen: `dirty are ${dirtyRegions(before, 64).join(', ') || 'none'}`,
        events: [before.event],
      });
    }
    const failed = requestsFailed(next?.exchanges ?? []);
    check(failed.length === 0, {
      id: 'LUID-03',
      expected: 'every request of the new log succeeds',
      seen: failed.map(({ name, result }) => `${String(name)}: ${String(result)}`).join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
    if (after === undefined) return;
    check(after.regions === BigInt(NEW) && dirtyRegions(after, NEW).length === 0, {
      id: 'LUID-12',
      expected: `in the end the header says ${NEW} regions, and all of them are clean`,
      seen: `${after.regions} regions, dirty are ${dirtyRegions(after, NEW).join(', ') || 'none'}`,
      events: [after.event],
    });
  },
});
