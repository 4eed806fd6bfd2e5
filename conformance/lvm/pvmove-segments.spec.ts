import {
  allShown,
  coexisting,
  handover,
  lvmCommands,
  lvmScenario,
  marksDuring,
  moves,
  SWAP,
} from '../../harness/fixtures.js';

const SEGMENTS = 3;
const EXTENTS = 2;
const REGIONS = 8;

// Three segments of one size, so that a count or a state of the log before would fit the next one. The other volume
// lies between them and stays where it is.
lvmScenario(import.meta.url, {
  title:
    'pvmove of a volume of three segments under writes: from segment to segment a swap of two logs of one UUID',
  ids: ['LVM-13', 'LUID-03', 'LUID-01'],
  mutants: { 'core-legacy': ['first-created-wins'], 'core-integrated': ['dtr-takes-newest'] },
  drive: async (_lab, group) => {
    const on = [0];
    const lv = await group.linear({ extents: EXTENTS, dataExtents: SEGMENTS * EXTENTS, on });
    const other = await group.linear({ name: 'other', extents: 1, on });
    const grown = [
      { path: lv.path, extents: EXTENTS },
      { path: other.path, extents: 1 },
      { path: lv.path, extents: EXTENTS },
    ];
    for (const { path, extents } of grown)
      await group.lvm.succeed(['lvextend', '-y', '-l', `+${extents}`, path, group.pv(0)]);
    await lv.data.fill();
    const load = await lv.data.startLoad();
    await group.move(['-n', lv.name, group.pv(0), group.pv(1)]);
    await load.writes(5);
    await load.stop();
    await lv.data.verify();
    await lv.remove();
    await other.remove();
  },
  situation: (history) => {
    const swaps = coexisting(history);
    if (swaps.length !== SEGMENTS - 1) return [];
    return allShown(
      swaps.flatMap(({ events }) => events),
      marksDuring(history, lvmCommands(history, 'pvmove')[0]),
    );
  },
  expect: (history, check) => {
    const steps = moves(history).flatMap((move) => move.steps);
    check(steps.length === SEGMENTS, {
      id: 'LVM-13',
      expected: `${SEGMENTS} logs of one UUID, one after the other`,
      seen: `${steps.length}`,
      events: steps.flatMap(({ events }) => events),
    });
    for (const [index, { regions, copied, missing, events }] of steps.entries()) {
      check(regions === REGIONS && copied.length === REGIONS && missing.length === 0, {
        expected: `all ${REGIONS} regions of segment ${index} copied once, by its own log`,
        seen: `${copied.length} copies in a log of ${regions}, not copied: ${missing.join(', ')}`,
        events,
      });
    }
    for (const pair of coexisting(history)) {
      const { order } = handover(history, pair.first, pair.second);
      check(order === SWAP, {
        expected: SWAP,
        seen: order,
        events: pair.events,
      });
    }
  },
});
