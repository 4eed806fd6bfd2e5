import { lvmCommands, lvmScenario, marks, recoveredBy, regionSyncs } from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = EXTENTS * 4;
const DEADLINE_MS = 60_000;

for (const copies of [1, 2]) {
  lvmScenario(import.meta.url, {
    title: `lvcreate -m${copies}, written to while it is being synchronized: all ${copies + 1} legs hold the same`,
    ids: ['LVM-01', 'SYNC-08'],
    mutants: {
      'core-legacy': ['resync-skips-a-region'],
      'core-integrated': ['in-sync-flickers'],
      'disk-legacy': ['resync-skips-a-region'],
      'disk-integrated': ['in-sync-flickers'],
    },
    drive: async (lab, group) => {
      const lv = group.volume({ extents: EXTENTS });
      const trap = await lab.trap({ request: 5, of: 'SET_REGION_SYNC', does: 'freeze' });
      // lvcreate would zero the beginning, perhaps after the test has written there.
      const creating = lab.start(() => group.mirror(copies, { extents: EXTENTS, words: ['-Zn', '-Wn'] }));
      await trap.sprung(DEADLINE_MS);
      const filling = lab.start(() => lv.data.fill());
      await lab.untilIn('writer', 'blkdev_write_iter', DEADLINE_MS);
      await lab.subject.thaw();
      await creating.finished();
      await filling.finished();
      const load = await lv.data.startLoad();
      await lv.waitInSync();
      await load.writes(5);
      await load.stop();
      await lv.report('copy_percent');
      await lv.data.verify();
      await lv.compareLegs();
      await lv.remove();
    },
    // Something was written before all was in sync.
    situation: (history) => {
      const last = regionSyncs(history).at(-1)?.exchange;
      const [mark] = marks(history);
      return last !== undefined &&
        mark !== undefined &&
        history.exchanges().indexOf(mark) < history.exchanges().indexOf(last)
        ? [...mark.events(), ...last.events()]
        : [];
    },
    expect: (history, check) => {
      const copied = new Set(
        history.instances().flatMap((log) => recoveredBy(log).map(({ region }) => region)),
      );
      check(copied.size === REGIONS, {
        expected: `all ${REGIONS} regions recovered`,
        seen: `${copied.size}: ${[...copied].join(', ')}`,
        events: regionSyncs(history).flatMap(({ exchange }) => exchange.events()),
      });
      const [report] = lvmCommands(history, 'lvs');
      check(report?.stdout.trim() === '100.00', {
        id: 'LVM-01',
        expected: 'LVM reports 100.00 % in sync',
        seen: report?.stdout.trim() ?? 'no report',
        events: report === undefined ? [] : [report],
      });
    },
  });
}
