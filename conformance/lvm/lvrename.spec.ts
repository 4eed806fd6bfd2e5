import {
  allShown,
  lvmCommands,
  lvmScenario,
  marksDuring,
  recoveredBy,
  requestsFailed,
} from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = EXTENTS * 4;

lvmScenario(import.meta.url, {
  title: 'lvrename of a mirror under writes changes neither the data nor what the log knows',
  ids: ['LVM-10'],
  mutants: {
    'core-legacy': ['resume-starts-anew'],
    'core-integrated': ['resume-starts-anew'],
    'disk-legacy': ['resume-starts-anew'],
    'disk-integrated': ['resume-starts-anew'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.rename('renamed');
    await load.writes(5);
    await lv.waitInSync();
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const renamed = lvmCommands(history, 'lvrename').filter(({ status }) => status === 0);
    return allShown(renamed, marksDuring(history, renamed[0]));
  },
  expect: (history, check) => {
    const failed = requestsFailed(history.exchanges());
    check(failed.length === 0, {
      expected: 'no request fails',
      seen: `${failed.length} failed`,
      events: failed.flatMap((exchange) => exchange.events()),
    });
    const copied = history.instances().flatMap(recoveredBy);
    check(copied.length === REGIONS, {
      expected: `each of the ${REGIONS} regions is recovered once, and none again after the rename`,
      seen: `${copied.length} recoveries by ${history.instances().length} logs`,
      events: copied.slice(REGIONS).flatMap(({ exchange }) => exchange.events()),
    });
  },
});
