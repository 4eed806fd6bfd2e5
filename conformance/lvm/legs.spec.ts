import {
  allShown,
  answeredU64,
  constructorText,
  copyingDefect,
  handedOver,
  type History,
  type Instance,
  lvmCommands,
  lvmScenario,
  marksDuring,
  whilePending,
} from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = 4 * EXTENTS;

/** The logs on the log device, or in memory, in the order of their construction. */
function logs(history: History, kind: 'core' | 'disk'): Instance[] {
  return history
    .instances()
    .filter(
      ({ birth }) => birth !== undefined && constructorText(birth)?.includes(`clustered-${kind}`) === true,
    );
}

// In memory: one log for two legs, one for three, one for two again. On disk LVM first lays a mirror in memory, of the
// old mirror and the new leg, above the old one; when that is in sync, the log for three legs replaces both, and is
// resumed only when the log of the old mirror is destroyed.
lvmScenario(import.meta.url, {
  title: 'lvconvert of a mirror under writes to three legs and back to two: a new log of its UUID each time',
  ids: ['LVM-07', 'LUID-03', 'LUID-11'],
  mutants: {
    'core-legacy': ['state-copied-to-pending'],
    'core-integrated': ['dtr-takes-newest'],
    'disk-legacy': ['uuid-keyed'],
    'disk-integrated': ['live-count-for-pending', 'resume-ignores-luid'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const first = await lv.data.startLoad();
    await lv.convert('-m', '2');
    await first.writes(5);
    await first.stop();
    await lv.compareLegs();
    const second = await lv.data.startLoad();
    await lv.convert('-m', '1');
    await second.writes(5);
    await second.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history, { log }) => {
    const [two, three, twoAgain, last] = logs(history, log);
    const written = lvmCommands(history, 'lvconvert').map((command) => marksDuring(history, command));
    if (log === 'core')
      return allShown(...written, handedOver(history, two, three), handedOver(history, three, twoAgain));
    return allShown(
      ...written,
      handedOver(history, two, three),
      handedOver(history, three, twoAgain, 'CTR new, PRESUSPEND old, POSTSUSPEND old, DTR old, RESUME new'),
      handedOver(history, twoAgain, last),
    );
  },
  expect: (history, check, { log }) => {
    const copying = log === 'core' ? logs(history, 'core')[1] : logs(history, 'core')[0];
    const defect = copyingDefect(copying, REGIONS);
    check(defect === undefined, {
      id: 'LVM-07',
      expected: `the log that serves the new leg has each of the ${REGIONS} regions copied once`,
      seen: defect ?? '',
      events: copying?.birth?.events() ?? [],
    });
    for (const exchange of whilePending(history)) {
      if (exchange.name !== 'GET_SYNC_COUNT') continue;
      const count = answeredU64(exchange);
      check(count === 0n, {
        id: 'LUID-11',
        expected:
          'a log that was not resumed yet has no region in sync, whatever the other one of its UUID has',
        seen: String(count),
        events: exchange.events(),
      });
    }
  },
});
