import { copyingDefect, lvmCommands, lvmScenario, marksDuring } from '../../harness/fixtures.js';

const EXTENTS = 8;
const REGIONS = 4 * EXTENTS;

lvmScenario(import.meta.url, {
  title: 'lvconvert of a linear volume under writes into a mirror: all of it is copied to the new leg',
  ids: ['LVM-04', 'SYNC-08'],
  mutants: {
    'core-legacy': ['resync-skips-a-region'],
    'core-integrated': ['resync-hands-a-region-twice'],
    'disk-legacy': ['resync-hands-a-region-twice'],
    'disk-integrated': ['resync-skips-a-region'],
  },
  drive: async (_lab, group) => {
    const lv = await group.linear({ extents: EXTENTS });
    await lv.data.fill();
    const load = await lv.data.startLoad();
    await group.toMirror(lv, 1);
    await load.writes(5);
    await load.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => marksDuring(history, lvmCommands(history, 'lvconvert')[0]),
  expect: (history, check) => {
    const [log] = history.instances();
    const defect = copyingDefect(log, REGIONS);
    check(defect === undefined, {
      expected: `the log has each of the ${REGIONS} regions copied once`,
      seen: defect ?? '',
      events: log?.birth?.events() ?? [],
    });
  },
});
