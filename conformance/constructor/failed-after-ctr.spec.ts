import {
  commandsWith,
  conformanceTest,
  encodeText,
  eventsOf,
  kernelLogLines,
  outcomesOf,
} from '../../harness/fixtures.js';

const EINVAL = 22;

// CTR-17, CTR-11q (dm-log-userspace 5): a daemon that made a log for such a CTR never hears of its end.
conformanceTest(import.meta.url, {
  title: 'a device name without NUL and a refused region size fail the load, and no DTR follows',
  ids: ['CTR-17', 'CTR-11q'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['unterminated-device-name-accepted', 'dtr-after-a-failed-construction'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    const payload = encodeText(lab.legs[1] ?? '');
    lab.puppet.replace('CTR', () => ({ form: 'full', error: 0, payload }), { times: 1 });
    await mirror.tryCreate();
    await lab.kernelLog(/device-mapper/);
    lab.puppet.fail('GET_REGION_SIZE', EINVAL, { times: 1 });
    await mirror.tryCreate();
  },
  situation: (history) => {
    const [named, sized] = history.exchanges('CTR');
    const refused = history.exchanges('GET_REGION_SIZE').filter(({ answer }) => answer?.error === -EINVAL);
    const unterminated = named?.answer?.payload.at(-1);
    const both =
      unterminated !== undefined && unterminated !== 0 && sized?.result === 0 && refused.length === 1;
    return both ? eventsOf([named, sized, ...refused]) : [];
  },
  expect: (history, check) => {
    const [unterminated, unsized] = commandsWith(history, 'create');
    const [named] = history.exchanges('CTR');
    const { lines, events } = kernelLogLines(history, /not properly terminated/);
    check(
      unterminated?.status === 1 && unterminated.stderr.includes('Invalid argument') && lines.length > 0,
      {
        id: 'CTR-17',
        expected:
          'the load fails with EINVAL, and the kernel log says that the name is not properly terminated',
        seen: `status ${String(unterminated?.status)}: ${unterminated?.stderr.trim() ?? ''}; ${lines.join(' / ') || 'nothing in the log'}`,
        events: [...(unterminated ? [unterminated] : []), ...eventsOf([named]), ...events],
      },
    );
    const dtrs = history.exchanges('DTR');
    check(unsized?.status === 1 && dtrs.length === 0, {
      id: 'CTR-11q',
      expected: 'both loads fail, and no DTR is sent',
      seen: `status ${String(unsized?.status)}; ${outcomesOf(history.exchanges())}`,
      events: eventsOf([...history.exchanges('CTR', 'GET_REGION_SIZE'), ...dtrs]),
    });
  },
});
