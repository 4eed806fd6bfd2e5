import { allShown, lvmScenario, marks, moves } from '../../harness/fixtures.js';

const EXTENTS = 8;
const REGIONS = 32;
/** So many regions of the first move are copied when the second one makes its log. */
const COPIED = 8;
const DEADLINE_MS = 60_000;

// The daemon is frozen in the middle of the first copy until the second move asks for its log. Both are left to
// themselves then, and ended one after the other by a pvmove that finds them under way.
lvmScenario(import.meta.url, {
  title: 'two moves at once under writes: each has a log of its own UUID, and neither touches the other',
  ids: ['LVM-17', 'CTR-03', 'SYNC-02'],
  mutants: { 'core-legacy': ['region-size-capped'], 'core-integrated': ['in-sync-flickers'] },
  drive: async (lab, group) => {
    const one = await group.linear({ name: 'one', extents: EXTENTS, on: [0] });
    const two = await group.linear({ name: 'two', extents: EXTENTS, on: [1] });
    const loads = [];
    for (const { data } of [one, two]) {
      await data.fill();
      loads.push(await data.startLoad());
    }
    const trap = await lab.trap({ request: COPIED, of: 'SET_REGION_SYNC', does: 'freeze' });
    const first = lab.start(() => group.move(['-b', group.pv(0), group.pv(2)], 'never'));
    await trap.sprung(DEADLINE_MS);
    await first.finished();
    const second = lab.start(() => group.move(['-b', group.pv(1), group.pv(3)], 'never'));
    await lab.waiting('CTR', DEADLINE_MS);
    await lab.subject.thaw();
    await second.finished();
    for (const load of loads) await load.writes(5);
    await group.move([group.pv(0)]);
    await group.move([group.pv(1)]);
    for (const load of loads) await load.stop();
    for (const lv of [one, two]) {
      await lv.data.verify();
      await lv.remove();
    }
  },
  situation: (history) => {
    const [first, second] = moves(history);
    const made = second?.steps[0]?.log.birth?.request;
    if (first === undefined || second === undefined || made === undefined) return [];
    const after = first.steps
      .flatMap(({ log }) => log.exchanges)
      .filter(
        ({ name, request }) =>
          name === 'SET_REGION_SYNC' && request !== undefined && history.place(request) > history.place(made),
      );
    // Each volume was written to while it moved.
    const written = [first, second].map(({ steps }) =>
      marks(history).filter((mark) => steps.some(({ log }) => log.exchanges.includes(mark))),
    );
    return allShown(
      [made],
      after.flatMap((exchange) => exchange.events()),
      ...written.map((exchanges) => exchanges.flatMap((mark) => mark.events())),
    );
  },
  expect: (history, check) => {
    const all = moves(history);
    check(all.length === 2 && all.every(({ steps }) => steps.length === 1), {
      id: 'LVM-17',
      expected: 'two logs, of two UUIDs',
      seen: `${all.length} UUIDs, ${all.flatMap(({ steps }) => steps).length} logs`,
      events: all.flatMap(({ steps }) => steps.flatMap(({ events }) => events)),
    });
    for (const { regions, copied, missing, events } of all.flatMap(({ steps }) => steps)) {
      check(regions === REGIONS && copied.length === REGIONS && missing.length === 0, {
        expected: `all ${REGIONS} regions copied once by each log`,
        seen: `${copied.length} copies in a log of ${regions}, not copied: ${missing.join(', ')}`,
        events,
      });
    }
  },
});
