import {
  allShown,
  answeredU64,
  coexisting,
  lvmCommands,
  lvmScenario,
  marksDuring,
} from '../../harness/fixtures.js';

const EXTENTS = 8;
const LESS = 4;
const REGIONS_OF_EXTENT = 4;

lvmScenario(import.meta.url, {
  title: 'lvreduce of a mirror under writes: two logs of one UUID, and the shorter one goes on',
  ids: ['LVM-03', 'LUID-03', 'LUID-01'],
  mutants: {
    'core-legacy': ['resume-destroys-old'],
    'core-integrated': ['first-created-wins'],
    'disk-legacy': ['dtr-takes-newest'],
    'disk-integrated': ['uuid-keyed'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS, dataExtents: EXTENTS - LESS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.reduce(LESS);
    await load.writes(5);
    await lv.waitInSync();
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) =>
    allShown(
      marksDuring(history, lvmCommands(history, 'lvreduce')[0]),
      coexisting(history).flatMap(({ events }) => events),
    ),
  expect: (history, check) => {
    const [pair] = coexisting(history);
    const last = pair?.second.exchanges.findLast(({ name }) => name === 'GET_SYNC_COUNT');
    const regions = (EXTENTS - LESS) * REGIONS_OF_EXTENT;
    check(last !== undefined && answeredU64(last) === BigInt(regions), {
      id: 'LVM-03',
      expected: `the shorter log counts all of its ${regions} regions as in sync in the end`,
      seen: last === undefined ? 'nobody asked' : String(answeredU64(last)),
      events: last?.events() ?? [],
    });
  },
});
