import { lvmCommands, lvmScenario, recoveredBy, requestsFailed } from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = EXTENTS * 4;
const DEADLINE_MS = 60_000;

// The removal waits for the region under recovery while the daemon stands still, so that no other one is recovered.
lvmScenario(import.meta.url, {
  title: 'lvremove of a mirror in the middle of its resync ends the log and leaves nothing behind',
  ids: ['LVM-21'],
  mutants: {
    'core-legacy': ['dtr-refused-in-resync'],
    'core-integrated': ['dtr-refused-in-resync'],
    'disk-legacy': ['dtr-keeps-device-open'],
    'disk-integrated': ['dtr-keeps-device-open'],
  },
  drive: async (lab, group) => {
    const whole = await group.mirror(1, { extents: EXTENTS, name: 'whole' });
    await whole.data.fill();
    await whole.waitInSync();
    await whole.data.verify();
    await whole.compareLegs();
    await whole.remove();
    const lv = await group.mirror(1, { extents: EXTENTS, words: ['-an', '-Zn', '-Wn'] });
    const trap = await lab.trap({ request: 5, of: 'SET_REGION_SYNC', does: 'freeze' });
    const activating = lab.start(() => lv.change('-ay'));
    await trap.sprung(DEADLINE_MS);
    await activating.finished();
    const removing = lab.start(() => lv.remove());
    await lab.untilIn('lvremove', 'mirror_presuspend', DEADLINE_MS);
    await lab.subject.thaw();
    await removing.finished();
    await lab.run(['dmsetup', 'ls']);
  },
  situation: (history) => {
    const [, second] = history.instances();
    if (second?.death === undefined) return [];
    const copied = recoveredBy(second);
    return copied.length < REGIONS
      ? [...copied.flatMap(({ exchange }) => exchange.events()), ...second.death.events()]
      : [];
  },
  expect: (history, check) => {
    const failed = requestsFailed(history.exchanges('DTR', 'PRESUSPEND', 'POSTSUSPEND'));
    check(failed.length === 0, {
      expected: 'the log is suspended and destroyed without an error',
      seen: failed.map(({ name, result }) => `${String(name)} ${String(result)}`).join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
    const removals = lvmCommands(history, 'lvremove');
    check(removals.length === 2 && removals.every(({ status }) => status === 0), {
      expected: 'two removals with status 0',
      seen: removals.map(({ status, stderr }) => `${String(status)} ${stderr.trim()}`).join(', '),
      events: removals,
    });
    const left = lvmCommands(history, 'dmsetup').at(-1);
    check(left?.stdout.trim() === 'No devices found', {
      expected: 'no device left',
      seen: left?.stdout.trim() ?? '',
      events: left === undefined ? [] : [left],
    });
  },
});
