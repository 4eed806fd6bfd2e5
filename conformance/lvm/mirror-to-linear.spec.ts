import {
  allShown,
  copyingDefect,
  endOf,
  lvmCommands,
  lvmScenario,
  marksDuring,
} from '../../harness/fixtures.js';

const EXTENTS = 8;
const REGIONS = 4 * EXTENTS;

// It becomes a mirror once more, to show whether anything of the first log outlived it: logs in memory have one UUID.
lvmScenario(import.meta.url, {
  title:
    'lvconvert of a mirror under writes into a linear volume ends its log, and the next mirror of it starts anew',
  ids: ['LVM-05', 'SYNC-08'],
  mutants: {
    'core-legacy': ['dtr-keeps-state'],
    'core-integrated': ['dtr-keeps-state'],
    'disk-legacy': ['resync-skips-a-region'],
    'disk-integrated': ['resync-hands-a-region-twice'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.convert('-m', '0');
    await load.writes(5);
    await group.toMirror(lv, 1);
    await load.writes(5);
    await load.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [first, second] = history.instances();
    const [toLinear] = lvmCommands(history, 'lvconvert');
    return allShown(marksDuring(history, toLinear), endOf(first), second?.birth?.events() ?? []);
  },
  expect: (history, check) => {
    const [, second] = history.instances();
    const defect = copyingDefect(second, REGIONS);
    check(defect === undefined, {
      expected: `the log of the second mirror has each of the ${REGIONS} regions copied once`,
      seen: defect ?? '',
      events: second?.birth?.events() ?? [],
    });
  },
});
