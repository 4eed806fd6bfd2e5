import {
  allShown,
  answeredU64,
  handedOver,
  lvmCommands,
  lvmScenario,
  marksDuring,
  recoveredBy,
} from '../../harness/fixtures.js';

// 20 regions: not a multiple of 32, so that bits behind the last region would be seen in a count.
const EXTENTS = 5;
const REGIONS = 4 * EXTENTS;

// Both logs live at once, under UUIDs of their own. LVM knows that the mirror is in sync, and tells the new log so.
lvmScenario(import.meta.url, {
  title:
    'lvconvert of the log of a mirror under writes: the other kind takes over in sync, and nothing is copied again',
  ids: ['LVM-06', 'SYNC-02', 'SYNC-07'],
  mutants: {
    'core-legacy': ['in-sync-flickers'],
    'core-integrated': ['count-with-padding'],
    'disk-legacy': ['count-with-padding'],
    'disk-integrated': ['in-sync-flickers'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.convert('--mirrorlog', group.log === 'core' ? 'disk' : 'core');
    await load.writes(5);
    await load.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [old, fresh] = history.instances();
    const [conversion] = lvmCommands(history, 'lvconvert');
    if (old?.uuid === fresh?.uuid) return [];
    return allShown(marksDuring(history, conversion), handedOver(history, old, fresh));
  },
  expect: (history, check) => {
    const [, fresh] = history.instances();
    const copied = fresh === undefined ? [] : recoveredBy(fresh);
    check(copied.length === 0, {
      id: 'LVM-06',
      expected: 'the new log has no region copied',
      seen: `regions ${copied.map(({ region }) => String(region)).join(', ')}`,
      events: copied.flatMap(({ exchange }) => exchange.events()),
    });
    for (const exchange of fresh?.exchanges ?? []) {
      if (exchange.name !== 'GET_SYNC_COUNT') continue;
      const count = answeredU64(exchange);
      check(count === BigInt(REGIONS), {
        id: 'LVM-06',
        expected: `the new log has ${REGIONS} regions in sync from its beginning`,
        seen: String(count),
        events: exchange.events(),
      });
    }
  },
});
