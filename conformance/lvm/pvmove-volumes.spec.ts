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

const NAMES = ['one', 'two', 'three'] as const;
const EXTENTS = 2;
const REGIONS = 8;

// All volumes of a disk are segments of one move, of one size here, so that what one log knows would fit the next one.
// When the third log is made the first one is gone, and so must be what it knew.
lvmScenario(import.meta.url, {
  title:
    'pvmove of three volumes of one disk under writes: one move, a log for each volume, and none knows of another',
  ids: ['LVM-14', 'LUID-11', 'SYNC-08'],
  mutants: { 'core-legacy': ['dtr-keeps-state'], 'core-integrated': ['state-copied-to-pending'] },
  drive: async (_lab, group) => {
    const volumes = [];
    for (const name of NAMES) {
      const lv = await group.linear({ name, extents: EXTENTS, on: [0] });
      await lv.data.fill();
      volumes.push(lv);
    }
    const loads = [];
    for (const { data } of volumes) loads.push(await data.startLoad());
    await group.move([group.pv(0), group.pv(1)]);
    for (const load of loads) await load.stop();
    for (const lv of volumes) {
      await lv.data.verify();
      await lv.remove();
    }
  },
  situation: (history) => {
    const swaps = coexisting(history);
    if (swaps.length !== NAMES.length - 1) return [];
    return allShown(
      swaps.flatMap(({ events }) => events),
      marksDuring(history, lvmCommands(history, 'pvmove')[0]),
    );
  },
  expect: (history, check) => {
    const steps = moves(history).flatMap((move) => move.steps);
    check(steps.length === NAMES.length, {
      id: 'LVM-14',
      expected: `${NAMES.length} logs, one after the other`,
      seen: `${steps.length}`,
      events: steps.flatMap(({ events }) => events),
    });
    for (const [index, { regions, copied, missing, events }] of steps.entries()) {
      check(regions === REGIONS && copied.length === REGIONS && missing.length === 0, {
        expected: `all ${REGIONS} regions of volume ${index} copied once, by its own log`,
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
