import { lvmScenario, recoveredBy } from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = EXTENTS * 4;

lvmScenario(import.meta.url, {
  title:
    'a mirror that is deactivated and activated again: a core log copies everything again, a disk log nothing',
  ids: ['LVM-09'],
  mutants: {
    'core-legacy': ['dtr-keeps-state'],
    'core-integrated': ['dtr-keeps-state'],
    'disk-legacy': ['disk-starts-all-dirty'],
    'disk-integrated': ['disk-starts-all-dirty'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const before = await lv.data.startLoad();
    await before.writes(5);
    await before.stop();
    await lv.change('-an');
    await lv.change('-ay');
    await lv.waitInSync();
    const after = await lv.data.startLoad();
    await after.writes(5);
    await after.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [first, second] = history.instances();
    return first?.death !== undefined && second?.birth !== undefined && second.uuid === first.uuid
      ? [...first.death.events(), ...second.birth.events()]
      : [];
  },
  expect: (history, check, { log }) => {
    const [, second] = history.instances();
    const copied = second === undefined ? [] : recoveredBy(second);
    const expected = log === 'core' ? REGIONS : 0;
    check(copied.length === expected, {
      expected: `${expected} regions recovered after the activation`,
      seen: `${copied.length}: ${copied.map(({ region }) => region).join(', ')}`,
      events: copied.flatMap(({ exchange }) => exchange.events()),
    });
  },
});
