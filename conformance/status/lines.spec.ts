import {
  commandsWith,
  conformanceTest,
  eventsOf,
  exchangesDuring,
  outcomesOf,
  textAnswer,
} from '../../harness/fixtures.js';

// STAT-02, STAT-03, STAT-10 (dm-log-userspace 4, 5). /proc/partitions tells major and minor of the legs.
conformanceTest(import.meta.url, {
  title: 'status and table lines have the documented form, and the printed table loads again',
  ids: ['STAT-02', 'STAT-03', 'STAT-10'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['status-line-edits-the-answer', 'table-line-forgets-a-word', 'count-after-status'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync', integratedFlush: true, handleErrors: true });
    await mirror.create();
    await mirror.write([1]);
    await lab.run(['cat', '/proc/partitions']);
    await mirror.status();
    const line = await mirror.tableText();
    await lab.run(['dmsetup', 'reload', mirror.name, '--table', line], { env: { DM_DISABLE_UDEV: '1' } });
    await mirror.resume();
    await mirror.tableText();
    await mirror.remove();
  },
  situation: (history) => {
    const lines = history
      .commands()
      .filter(({ argv, status }) => status === 0 && /^(status|table)$/.test(argv[1] ?? ''));
    return lines.length === 3 ? [...lines, ...eventsOf(history.exchanges('STATUS_INFO'))] : [];
  },
  expect: (history, check) => {
    const numbers = new Map<string, string>();
    const partitions = commandsWith(history, '/proc/partitions')[0]?.stdout ?? '';
    for (const [, major = '', minor = '', name = ''] of partitions.matchAll(
      /^ *(\d+) +(\d+) +\d+ (\S+)$/gm,
    )) {
      numbers.set(`/dev/${name}`, `${major}:${minor}`);
    }
    const loaded =
      /(?<=--table )0 .*/.exec(commandsWith(history, 'create')[0]?.argv.join(' ') ?? '')?.[0] ?? '';
    const expected = loaded.replace(/\/dev\/\S+/g, (device) => numbers.get(device) ?? device);
    const legs = [...expected.matchAll(/\d+:\d+/g)].map(([leg]) => leg);

    const [status] = commandsWith(history, 'status');
    const [answer] = history.exchanges('STATUS_INFO');
    const line = `0 8192 mirror ${legs.length} ${legs.join(' ')} 64/64 1 AA ${String(answer && textAnswer(answer))}`;
    check(status?.stdout.trim() === line, {
      id: 'STAT-02',
      expected: line,
      seen: status?.stdout.trim() ?? 'no status line',
      events: [...(status ? [status] : []), ...eventsOf([answer])],
    });
    const tables = commandsWith(history, 'dmsetup', 'table');
    check(tables.length === 2 && tables.every(({ stdout }) => stdout.trim() === expected), {
      id: 'STAT-03',
      expected,
      seen: tables.map(({ stdout }) => stdout.trim()).join(' and, loaded again, '),
      events: tables,
    });
    const [reload] = commandsWith(history, 'reload');
    check(reload?.status === 0, {
      id: 'STAT-03',
      expected: 'the printed line is accepted when it is loaded',
      seen: `status ${String(reload?.status)}: ${reload?.stderr.trim() ?? ''}`,
      events: reload ? [reload] : [],
    });
    // Only what the ioctl asked: the worker's lazy FLUSH of the write may fall into it.
    const asked = exchangesDuring(history, status).filter(({ tid }) => tid === answer?.tid);
    check(asked.map(({ name }) => name).join() === 'GET_SYNC_COUNT,STATUS_INFO', {
      id: 'STAT-10',
      expected: 'GET_SYNC_COUNT, then STATUS_INFO, and nothing else',
      seen: outcomesOf(asked),
      events: eventsOf(asked),
    });
  },
});
