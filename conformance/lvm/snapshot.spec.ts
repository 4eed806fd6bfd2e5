import {
  allShown,
  dataLooks,
  handedOver,
  lvmCommands,
  lvmScenario,
  marksBetween,
  marksDuring,
  requestsFailed,
} from '../../harness/fixtures.js';

const EXTENTS = 6;
/** Room for all blocks of the mirror, as they were when the snapshot was made, and for where they are. */
const SNAPSHOT_EXTENTS = EXTENTS + 2;
const SNAPSHOT = 'snap';

// The mirror moves into a device below the snapshot's origin, and back when the snapshot is removed. On the way back
// LVM resumes the log below once more, so that for a moment two logs of one UUID are active. The lower one must have
// nothing left to recover then: the kernel would copy beneath the writes that go through the upper one.
lvmScenario(import.meta.url, {
  title:
    'a snapshot of a mirror under writes keeps the data of its moment, and the mirror goes on, also without it',
  ids: ['LVM-18', 'LUID-03', 'LUID-01'],
  mutants: {
    'core-legacy': ['dtr-takes-newest'],
    'core-integrated': ['uuid-keyed'],
    'disk-legacy': ['resume-by-uuid'],
    'disk-integrated': ['dtr-takes-newest'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    const before = await load.soFar();
    const snapshot = await group.snapshot(lv, SNAPSHOT, SNAPSHOT_EXTENTS);
    const after = await load.soFar();
    const moment = await snapshot.data.verifyCopy(before, after);
    await load.writes(5);
    await snapshot.data.verify(moment);
    await lv.waitOriginInSync();
    await snapshot.remove();
    await load.writes(5);
    await load.stop();
    await lv.waitInSync();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [before, below, after] = history.instances();
    const [first, second] = dataLooks(history).filter(({ lv }) => lv === SNAPSHOT);
    if (first === undefined || second === undefined || before?.uuid !== after?.uuid) return [];
    return allShown(
      marksDuring(history, lvmCommands(history, 'lvcreate')[1]),
      marksBetween(history, first.event, second.event),
      marksDuring(history, lvmCommands(history, 'lvremove')[0]),
      handedOver(history, before, below),
      handedOver(
        history,
        below,
        after,
        'CTR new, PRESUSPEND old, POSTSUSPEND old, RESUME old, RESUME new, PRESUSPEND old, POSTSUSPEND old, DTR old',
      ),
    );
  },
  expect: (history, check) => {
    const failed = requestsFailed(history.exchanges());
    check(failed.length === 0, {
      expected: 'success of every request, to whichever of the logs',
      seen: failed
        .map(({ name, luid, result }) => `${name ?? '?'} of 0x${luid.toString(16)}: ${result ?? ''}`)
        .join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
  },
});
