import { type History, type Instance, lvmScenario, marks, moves } from '../../harness/fixtures.js';

const EXTENTS = 8;
const REGIONS = 32;

// While a leg moves, a write to the mirror is a write to the mirror of the move below it: two logs, two UUIDs, one
// daemon. The disk of the log stays where it is: a daemon of one thread would wait for its log device, whose I/O then
// waits for the log of the move, and so for that daemon.
lvmScenario(import.meta.url, {
  title: 'pvmove of a leg of a mirror under writes: a log above and one below, and both legs stay alike',
  ids: ['LVM-12', 'SYNC-08', 'SYNC-02'],
  mutants: {
    'core-legacy': ['resync-skips-a-region'],
    'core-integrated': ['in-sync-flickers'],
    'disk-legacy': ['in-sync-flickers'],
    'disk-integrated': ['resync-skips-a-region'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS, on: [0, 1, 2] });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await group.move([group.pv(0), group.pv(3)]);
    await load.writes(5);
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const below = moves(history)[0]?.steps[0];
    const [above] = mirrorLogs(history);
    const [from, to] = [below?.log.birth, below?.log.death].map((exchange) => exchange?.request);
    if (below === undefined || above === undefined || from === undefined || to === undefined) return [];
    const during = marks(history).filter(
      (mark) =>
        above.exchanges.includes(mark) &&
        mark.request !== undefined &&
        history.place(mark.request) > history.place(from) &&
        history.place(mark.request) < history.place(to),
    );
    return during.length === 0 ? [] : [...below.events, ...during.flatMap((mark) => mark.events())];
  },
  expect: (history, check) => {
    const [above, ...more] = mirrorLogs(history);
    check(more.length === 0, {
      id: 'LVM-12',
      expected: 'the mirror keeps its log while a leg moves',
      seen: `${more.length} more`,
      events: above?.birth?.events() ?? [],
    });
    for (const { regions, copied, missing, events } of moves(history).flatMap(({ steps }) => steps)) {
      check(regions === REGIONS && copied.length === REGIONS && missing.length === 0, {
        expected: `all ${REGIONS} regions of the leg copied once`,
        seen: `${copied.length} copies in a log of ${regions}, not copied: ${missing.join(', ')}`,
        events,
      });
    }
  },
});

/** The logs of the mirror itself. */
function mirrorLogs(history: History): Instance[] {
  const below = new Set(moves(history).map(({ uuid }) => uuid));
  return history.instances().filter(({ uuid }) => !below.has(uuid));
}
