import {
  allShown,
  handedOver,
  lvmCommands,
  lvmScenario,
  recoveredBy,
  regionsFailed,
} from '../../harness/fixtures.js';

const EXTENTS = 4;
const REGIONS = 4 * EXTENTS;

// The mirror has handle_errors: it holds the write that a leg lost, until LVM suspends it without a flush and swaps in
// the table with the legs that are left (dm-log-userspace 9.3).
lvmScenario(import.meta.url, {
  title:
    'lvconvert --repair after the disk of the first leg died under writes: the mirror goes on without that leg',
  ids: ['LVM-20', 'LUID-03', 'LUID-01'],
  breakable: true,
  mutants: {
    'core-legacy': ['uuid-keyed'],
    'core-integrated': ['dtr-takes-newest'],
    'disk-legacy': ['uuid-keyed'],
    'disk-integrated': ['first-created-wins'],
  },
  drive: async (lab, group) => {
    const lv = await group.mirror(2, {
      extents: EXTENTS,
      on: group.log === 'core' ? [0, 1, 2] : [0, 1, 2, 3],
    });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await group.break(0);
    // Each region was reported once by the resync.
    await lab.returned('SET_REGION_SYNC', REGIONS + 1);
    await group.repair(lv);
    await load.writes(5);
    await load.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [old, fresh] = history.instances();
    const [repair] = lvmCommands(history, 'lvconvert');
    if (old === undefined || repair === undefined) return [];
    const held = regionsFailed(old).flatMap(({ exchange }) =>
      exchange.events().filter(({ t }) => t < repair.t),
    );
    return allShown(held, handedOver(history, old, fresh));
  },
  expect: (history, check) => {
    const [old, fresh] = history.instances();
    if (old === undefined || fresh === undefined) return;
    const copied = new Set(recoveredBy(fresh).map(({ region }) => region));
    for (const { region, exchange } of regionsFailed(old)) {
      check(copied.has(region), {
        id: 'LVM-20',
        expected: `the log of the mirror that is left has region ${region} copied, which a leg had lost a write of`,
        seen: `copied: ${[...copied].join(', ') || 'none'}`,
        events: [...exchange.events(), ...(fresh.birth?.events() ?? [])],
      });
    }
  },
});
