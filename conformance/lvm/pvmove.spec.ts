import {
  allShown,
  answeredU64,
  type Exchange,
  type History,
  lvmCommands,
  lvmScenario,
  marksDuring,
  movedPercent,
  moves,
} from '../../harness/fixtures.js';

const EXTENTS = 8;
const REGIONS = 32;
/** So many regions are copied when pvmove is made to ask. */
const COPIED = 8;
/** pvmove prints two digits behind the point. */
const ROUNDED = 0.01;
const DEADLINE_MS = 60_000;

// The log of a move is always in memory, so there is nothing to vary but the flush. pvmove is held where it asks how far
// it is by freezing the daemon at one of the reports of the copy; the answer that it waits for is then known.
lvmScenario(import.meta.url, {
  title: 'pvmove of a linear volume under writes: all of it is copied, and pvmove tells how far it is',
  ids: ['LVM-11', 'SYNC-08', 'STAT-09'],
  mutants: { 'core-legacy': ['resync-skips-a-region'], 'core-integrated': ['status-empty-in-resync'] },
  drive: async (lab, group) => {
    const lv = await group.linear({ extents: EXTENTS, on: [0] });
    await lv.data.fill();
    const load = await lv.data.startLoad();
    const trap = await lab.trap({ request: COPIED, of: 'SET_REGION_SYNC', does: 'freeze' });
    const move = lab.start(() => group.move([group.pv(0), group.pv(1)], 'second'));
    await trap.sprung(DEADLINE_MS);
    await lab.waiting('GET_SYNC_COUNT', DEADLINE_MS);
    await lab.subject.thaw();
    await move.finished();
    await load.writes(5);
    await load.stop();
    await lv.data.verify();
    await lv.remove();
  },
  situation: (history) => {
    const asked = askedWhileFrozen(history).filter(
      (question) => shareOf(question) > 0 && shareOf(question) < 100,
    );
    return allShown(
      asked.flatMap((question) => question.events()),
      marksDuring(history, lvmCommands(history, 'pvmove')[0]),
    );
  },
  expect: (history, check) => {
    const [move] = moves(history);
    const [step, ...more] = move?.steps ?? [];
    check(step?.regions === REGIONS && more.length === 0, {
      id: 'LVM-11',
      expected: `one log of ${REGIONS} regions for one segment`,
      seen: `${move?.steps.length ?? 0} logs`,
      events: move?.steps.flatMap(({ events }) => events) ?? [],
    });
    check(step?.missing.length === 0, {
      id: 'LVM-11',
      expected: 'every region copied before the move ends',
      seen: `not copied: ${step?.missing.join(', ') ?? 'all'}`,
      events: step?.events ?? [],
    });
    const [command] = lvmCommands(history, 'pvmove');
    const told = command === undefined ? [] : movedPercent(command);
    const shares = askedWhileFrozen(history).map(shareOf);
    const known = shares.every((share) => told.some((percent) => Math.abs(percent - share) < ROUNDED));
    const rising = told.every((percent, index) => percent >= (told[index - 1] ?? 0));
    check(known && rising && told.at(-1) === 100, {
      id: 'LVM-11',
      expected: `pvmove tells that ${shares.join(' and ')} % are moved, as the log said, and ends with 100 %`,
      seen: told.map((percent) => `${percent} %`).join(', '),
      events: command === undefined ? [] : [command],
    });
  },
});

/** What pvmove asked when the daemon was frozen. The kernel's own thread asks nothing then: it waits for another answer. */
function askedWhileFrozen(history: History): Exchange[] {
  const [frozen, thawed] = (['frozen', 'thawed'] as const).map((wanted) =>
    history.subjectEvents().find(({ action }) => action === wanted),
  );
  if (frozen === undefined || thawed === undefined) return [];
  return history
    .exchanges('GET_SYNC_COUNT')
    .filter(
      ({ request, answer }) =>
        request !== undefined &&
        answer !== undefined &&
        history.place(request) < history.place(thawed) &&
        history.place(answer) > history.place(frozen),
    );
}

/** Percent of the regions that a GET_SYNC_COUNT was answered with. */
function shareOf(question: Exchange): number {
  return (100 * Number(answeredU64(question) ?? 0n)) / REGIONS;
}
