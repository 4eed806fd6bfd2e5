import {
  allShown,
  answeredU64,
  endOf,
  lvmCommands,
  lvmScenario,
  regionsFailed,
} from '../../harness/fixtures.js';

const EXTENTS = 4;
const REGIONS = 4 * EXTENTS;

// The mirror has handle_errors: the write that the leg lost is held, and goes to the linear volume in the end.
lvmScenario(import.meta.url, {
  title:
    'vgreduce --removemissing after the disk of the second leg died under writes: the data is on what remains',
  ids: ['LVM-19', 'SYNC-06'],
  breakable: true,
  mutants: {
    'core-legacy': ['sync-reports-counted'],
    'core-integrated': ['sync-reports-counted'],
    'disk-legacy': ['sync-reports-counted'],
    'disk-integrated': ['sync-reports-counted'],
  },
  drive: async (lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS, on: [0, 1, 2] });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await group.break(1);
    // Each region was reported once by the resync.
    await lab.returned('SET_REGION_SYNC', REGIONS + 1);
    await group.lvm.succeed(['vgreduce', '-y', '--removemissing', '--force', group.name]);
    await load.writes(5);
    await load.stop();
    await lv.data.verify();
    await lv.remove();
  },
  situation: (history) => {
    const [log] = history.instances();
    const [reduction] = lvmCommands(history, 'vgreduce');
    if (log === undefined || reduction === undefined) return [];
    const held = regionsFailed(log).flatMap(({ exchange }) =>
      exchange.events().filter(({ t }) => t < reduction.t),
    );
    return allShown(held, endOf(log));
  },
  expect: (history, check) => {
    const [log] = history.instances();
    const failures = log === undefined ? [] : regionsFailed(log);
    const [first] = failures;
    const lost = new Set(failures.map(({ region }) => region)).size;
    const from = first === undefined ? Infinity : (log?.exchanges.indexOf(first.exchange) ?? Infinity);
    for (const exchange of log?.exchanges.slice(from) ?? []) {
      if (exchange.name !== 'GET_SYNC_COUNT') continue;
      const count = answeredU64(exchange);
      check(count === BigInt(REGIONS - lost), {
        expected: `${REGIONS - lost} regions in sync, however often the loss of the others was reported`,
        seen: String(count),
        events: exchange.events(),
      });
    }
  },
});
