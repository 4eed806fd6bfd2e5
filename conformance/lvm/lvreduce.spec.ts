import { coexisting, lvmScenario } from '../../harness/fixtures.js';

lvmScenario(import.meta.url, {
  title: 'lvreduce of a mirror under writes: two logs of one UUID, and the shorter one goes on',
  ids: ['LVM-03', 'LUID-03', 'LUID-01'],
  quick: 'core-legacy',
  mutants: {
    'core-legacy': ['resume-destroys-old'],
    'core-integrated': ['first-created-wins'],
    'disk-legacy': ['dtr-takes-newest'],
    'disk-integrated': ['uuid-keyed'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: 8, dataExtents: 4 });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.reduce(4);
    await load.writes(5);
    await lv.waitInSync();
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => coexisting(history).flatMap(({ events }) => events),
  expect: (history, check) => {
    const asked = history
      .exchanges('GET_SYNC_COUNT')
      .filter(({ luid }) => luid === history.instances()[1]?.luid);
    check(asked.length > 0, {
      id: 'LVM-03',
      expected: 'the shorter log asked how much is in sync',
      seen: 'nobody asked',
    });
  },
});
