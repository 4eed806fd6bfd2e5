import { lvmCommands, lvmScenario, moves } from '../../harness/fixtures.js';

/** Long enough that most of it is not copied yet when the abort has got through. */
const EXTENTS = 32;
const REGIONS = 128;
/** Where the test data is, and the copy begins. */
const DATA_EXTENTS = 8;
/** So many regions are copied when the move is aborted. */
const COPIED = 8;
const DEADLINE_MS = 60_000;

// The daemon is frozen in the middle of the copy until --abort waits for the volume's last writes, which wait for the
// daemon. What is copied after that is what gets between two suspends of LVM.
lvmScenario(import.meta.url, {
  title:
    'pvmove --abort in the middle of the copy, under writes: the volume lies where it lay, and the log is gone',
  ids: ['LVM-16', 'SYNC-08'],
  mutants: {
    'core-legacy': ['resync-hands-a-region-twice'],
    'core-integrated': ['resync-hands-a-region-twice'],
  },
  drive: async (lab, group) => {
    const lv = await group.linear({ extents: EXTENTS, dataExtents: DATA_EXTENTS, on: [0] });
    await lv.data.fill();
    const load = await lv.data.startLoad();
    const trap = await lab.trap({ request: COPIED, of: 'SET_REGION_SYNC', does: 'freeze' });
    const move = lab.start(() => group.move(['-b', group.pv(0), group.pv(1)], 'never'));
    await trap.sprung(DEADLINE_MS);
    await move.finished();
    const abort = lab.start(() => group.move(['--abort', group.pv(0)]));
    await lab.untilIn('pvmove', 'dm_suspend', DEADLINE_MS);
    await lab.subject.thaw();
    await abort.finished();
    await load.writes(5);
    await load.stop();
    await lv.data.verify();
    await group.lvm.succeed(['lvs', '--noheadings', '-a', '-o', 'name,devices', group.name]);
    await lv.remove();
  },
  situation: (history) => {
    const [step] = moves(history)[0]?.steps ?? [];
    return step !== undefined && step.copied.length >= COPIED && step.missing.length > 0 ? step.events : [];
  },
  expect: (history, check) => {
    const [step, ...more] = moves(history).flatMap(({ steps }) => steps);
    check(step?.regions === REGIONS && step.log.death !== undefined && more.length === 0, {
      id: 'LVM-16',
      expected: `one log of ${REGIONS} regions, and its DTR`,
      seen: `a log of ${step?.regions ?? 0} regions, ${more.length} more`,
      events: step?.events ?? [],
    });
    check(step !== undefined && new Set(step.copied).size === step.copied.length, {
      expected: 'no region copied twice',
      seen: step?.copied.join(', ') ?? '',
      events: step?.events ?? [],
    });
    const source = lvmCommands(history, 'pvmove').at(-1)?.argv.at(-1) ?? '';
    const looks = lvmCommands(history, 'lvs').filter(({ status }) => status === 0);
    const lies = looks.map(({ stdout }) => stdout.trim().replace(/ +/g, ' '));
    check(lies.join('; ') === `lv ${source}(0)`, {
      id: 'LVM-16',
      expected: `one volume, in the first extents of ${source}, where it lay`,
      seen: lies.join('; '),
      events: looks,
    });
  },
});
