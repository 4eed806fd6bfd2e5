import { beganBefore, conformanceTest, eventsOf } from '../../harness/fixtures.js';

// LUID-06, LUID-07 (dm-log-userspace 6.1): what becomes of logs that were loaded and never resumed.
conformanceTest(import.meta.url, {
  title:
    'a second reload constructs before it destroys, and a remove destroys the inactive log before it suspends the live one',
  ids: ['LUID-06', 'LUID-07'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['second-reload-destroys-first', 'remove-suspends-before-it-destroys-the-inactive'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.reload({ regions: 96 });
    await mirror.reload({ regions: 128 });
    await mirror.remove();
  },
  situation: (history) => {
    const [live, second, third] = history.instances();
    const all = [live?.death, second?.death, third?.birth, third?.death];
    return all.includes(undefined) ? [] : eventsOf(all);
  },
  expect: (history, check) => {
    const [live, second, third] = history.instances();
    const suspend = live?.exchanges.find(({ name }) => name === 'PRESUSPEND');
    if (!second?.death || !third?.birth || !third.death) return;
    check(beganBefore(history, third.birth, second.death), {
      id: 'LUID-06',
      expected: 'CTR of the third log, then DTR of the second',
      seen: 'DTR of the second log, then CTR of the third',
      events: eventsOf([second.death, third.birth]),
    });
    check(suspend !== undefined && beganBefore(history, third.death, suspend), {
      id: 'LUID-07',
      expected: 'DTR of the inactive log, then PRESUSPEND of the live one',
      seen:
        suspend === undefined ? 'no PRESUSPEND' : 'PRESUSPEND of the live log, then DTR of the inactive one',
      events: eventsOf([suspend, third.death]),
    });
  },
});
