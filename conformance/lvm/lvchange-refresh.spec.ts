import {
  allShown,
  lifeCycle,
  lvmCommands,
  lvmScenario,
  marksDuring,
  recoveredBy,
} from '../../harness/fixtures.js';

const EXTENTS = 6;
const REGIONS = EXTENTS * 4;

// The table does not change, so LVM loads none: the log is suspended and resumed, and stays the same.
lvmScenario(import.meta.url, {
  title: 'lvchange --refresh of a mirror under writes suspends and resumes the log, which forgets nothing',
  ids: ['LVM-08'],
  mutants: {
    'core-legacy': ['resume-starts-anew'],
    'core-integrated': ['resume-starts-anew'],
    'disk-legacy': ['resume-starts-anew'],
    'disk-integrated': ['resume-starts-anew'],
  },
  drive: async (_lab, group) => {
    const lv = await group.mirror(1, { extents: EXTENTS });
    await lv.data.fill();
    await lv.waitInSync();
    const load = await lv.data.startLoad();
    await lv.change('--refresh');
    await load.writes(5);
    await lv.waitInSync();
    await load.stop();
    await lv.data.verify();
    await lv.compareLegs();
    await lv.remove();
  },
  situation: (history) => {
    const [refresh] = lvmCommands(history, 'lvchange');
    const steps = lifeCycle(history)
      .filter(({ request }) => request !== undefined && refresh !== undefined && request.t > refresh.t)
      .filter(({ request }) => request !== undefined && refresh !== undefined && request.t < refresh.end)
      .flatMap((exchange) => exchange.events());
    return allShown(marksDuring(history, refresh), steps);
  },
  expect: (history, check) => {
    const [log, ...others] = history.instances();
    const steps = lifeCycle(history)
      .filter(({ luid }) => luid === log?.luid)
      .map(({ name }) => String(name));
    const expected = 'CTR, RESUME, PRESUSPEND, POSTSUSPEND, RESUME, PRESUSPEND, POSTSUSPEND, DTR';
    check(others.length === 0 && steps.join(', ') === expected, {
      expected: `one log: ${expected}`,
      seen: `${steps.join(', ')}, and ${others.length} further logs`,
      events: lifeCycle(history).flatMap((exchange) => exchange.events()),
    });
    const copied = log === undefined ? [] : recoveredBy(log);
    check(copied.length === REGIONS, {
      expected: `each of the ${REGIONS} regions is recovered once, and none again after the refresh`,
      seen: `${copied.length} recoveries`,
      events: copied.slice(REGIONS).flatMap(({ exchange }) => exchange.events()),
    });
  },
});
