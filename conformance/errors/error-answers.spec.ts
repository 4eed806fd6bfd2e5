import {
  commandsWith,
  conformanceTest,
  eventsOf,
  exchangesDuring,
  milliseconds,
  outcomesOf,
  regionAsked,
  regionsListed,
} from '../../harness/fixtures.js';

const EIO = 5;

// ERR-13 (dm-log-userspace 4): what the kernel assumes when it is told nothing. Region 5 is in sync, and would be marked.
conformanceTest(import.meta.url, {
  title: 'an error counts as 0 in sync, as not in sync and as recovering',
  ids: ['ERR-13'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: [
    'count-error-keeps-the-old-count',
    'in-sync-error-counts-as-in-sync',
    'recovering-error-counts-as-free',
  ],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    lab.puppet.fail('GET_SYNC_COUNT', EIO, { times: 1 });
    await mirror.status();
    const unknown = lab.puppet.fail('IN_SYNC', EIO);
    await mirror.write([5]);
    unknown.lift();
    // The resume resets the hint, so that the kernel asks again.
    await mirror.suspend();
    await mirror.resume();
    lab.puppet.fail('IS_REMOTE_RECOVERING', EIO, { times: 1 });
    await mirror.write([7]);
    await mirror.remove();
  },
  situation: (history) => {
    const failed = history
      .exchanges('GET_SYNC_COUNT', 'IN_SYNC', 'IS_REMOTE_RECOVERING')
      .filter(({ result }) => result === -EIO);
    return new Set(failed.map(({ name }) => name)).size === 3 ? eventsOf(failed) : [];
  },
  expect: (history, check) => {
    const [status] = commandsWith(history, 'status');
    const [count] = exchangesDuring(history, status);
    check(status?.stdout.includes(' 0/64 ') === true, {
      expected: 'a status line with 0/64',
      seen: status?.stdout.trim() ?? 'no status line',
      events: [...(status ? [status] : []), ...eventsOf([count])],
    });
    const marks = history.exchanges('MARK_REGION').filter((mark) => regionsListed(mark).includes(5));
    const asked = history.exchanges('IN_SYNC').filter((query) => regionAsked(query) === 5);
    check(marks.length === 0, {
      expected: 'no mark of region 5, about which IN_SYNC failed',
      seen: outcomesOf(marks),
      events: eventsOf([...asked, ...marks]),
    });
    const [failed, again] = history
      .exchanges('IS_REMOTE_RECOVERING')
      .filter((query) => regionAsked(query) === 7);
    const [from, to] = [failed?.return?.t, again?.request?.t];
    const ms = from === undefined || to === undefined ? Infinity : milliseconds(to - from);
    check(ms >= 190 && ms < 5000, {
      expected:
        'IS_REMOTE_RECOVERING again 200 ms or more after the error, as if the region were under recovery',
      seen: again === undefined ? 'it was not asked again' : `after ${ms.toFixed(0)} ms`,
      events: eventsOf([failed, again]),
    });
  },
});
