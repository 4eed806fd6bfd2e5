import { commandsWith, conformanceTest, eventsOf } from '../../harness/fixtures.js';

const EIO = 5;

// STAT-07, STAT-08 (dm-log-userspace 4): the table is printed while nobody could answer.
conformanceTest(import.meta.url, {
  title: 'a status that the daemon refuses shows COM_FAILURE, and the table needs no daemon',
  ids: ['STAT-07', 'STAT-08'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['com-failure-not-shown', 'table-text-from-the-daemon', 'status-table-asked'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    lab.puppet.fail('STATUS_INFO', EIO, { times: 1 });
    await mirror.status();
    await mirror.tableText();
    await lab.subject.freeze();
    await mirror.tableText();
    await lab.subject.thaw();
    await mirror.remove();
  },
  situation: (history) => {
    const refused = history.exchanges('STATUS_INFO').filter(({ result }) => result === -EIO);
    const frozen = history.subjectEvents().some(({ action }) => action === 'frozen');
    return frozen ? eventsOf(refused) : [];
  },
  expect: (history, check) => {
    const [status] = commandsWith(history, 'status');
    check(/ 64\/64 1 AA userspace 1 COM_FAILURE$/.test(status?.stdout.trim() ?? ''), {
      id: 'STAT-07',
      expected: 'a status line that ends in "64/64 1 AA userspace 1 COM_FAILURE"',
      seen: status?.stdout.trim() ?? 'no status line',
      events: [...(status ? [status] : []), ...eventsOf(history.exchanges('STATUS_INFO'))],
    });
    const [served, alone] = commandsWith(history, 'dmsetup', 'table');
    const asked = history.exchanges('STATUS_TABLE');
    check(alone?.status === 0 && alone.stdout === served?.stdout && asked.length === 0, {
      id: 'STAT-08',
      expected: 'the same table line while the daemon is frozen, and no STATUS_TABLE',
      seen: `status ${String(alone?.status)}: ${alone?.stdout.trim() ?? ''}; ${asked.length} STATUS_TABLE`,
      // What was sent around it is what shows that nothing was asked.
      events: [
        ...(served ? [served] : []),
        ...(alone ? [alone] : []),
        ...eventsOf([...history.exchanges('STATUS_INFO'), ...asked]),
      ],
    });
  },
});
