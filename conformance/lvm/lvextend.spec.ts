import {
  allShown,
  coexisting,
  lvmCommands,
  lvmScenario,
  marksDuring,
  recoveredBy,
} from '../../harness/fixtures.js';

const EXTENTS = 8;
const MORE = 4;
const REGIONS_OF_EXTENT = 4;

// The case for which luids exist: the longer log is constructed beside the live one, and destroyed is the old one last.
lvmScenario(import.meta.url, {
  title: 'lvextend of a mirror under writes: two logs of one UUID, and what is new is copied',
  ids: ['LVM-02', 'LUID-03', 'LUID-01'],
  quick: 'disk-legacy',
  mutants: {
    'core-legacy': ['last-created-wins'],
    'core-integrated': ['resume-ignores-luid'],
    'disk-legacy': ['uuid-keyed', 'dtr-by-uuid'],
    'disk-integrated': ['luid-upper-half'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.extend(MORE);
    await load.writes(5);
    await lv.waitInSync();
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) =>
    allShown(
      marksDuring(history, lvmCommands(history, 'lvextend')[0]),
      coexisting(history).flatMap(({ events }) => events),
    ),
  expect: (history, check) => {
    const [pair] = coexisting(history);
    const copied = new Set(pair === undefined ? [] : recoveredBy(pair.second).map(({ region }) => region));
    const first = BigInt(EXTENTS * REGIONS_OF_EXTENT);
    const fresh = Array.from({ length: MORE * REGIONS_OF_EXTENT }, (_unused, index) => first + BigInt(index));
    const missing = fresh.filter((region) => !copied.has(region));
    check(missing.length === 0, {
      id: 'LVM-02',
      expected: `the longer log has regions ${fresh[0] ?? ''} to ${fresh.at(-1) ?? ''} copied`,
      seen: `not copied: ${missing.join(', ')}`,
      events: pair?.events ?? [],
    });
  },
});
