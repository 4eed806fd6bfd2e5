import { conformanceTest, diskLogs } from '../../harness/fixtures.js';

// CTR-21 (dm-log-userspace 12, Load): a table that is only loaded may be dropped again, while another log lives on the
// device. Neither what lies there, nor what the options say, is looked at before RESUME.
conformanceTest(import.meta.url, {
  title: 'a disk log is constructed whatever lies on its device, and writes nothing there before RESUME',
  ids: ['CTR-21'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  needs: { logs: 'disk' },
  mutants: ['log-loaded-at-construction'],
  drive: async (lab) => {
    await lab.logDevice.spoil();
    await lab.logDevice.read();
    const mirror = lab.mirror({ regions: 24, log: 'clustered-disk' });
    await mirror.load();
    await mirror.statusInactive();
    await lab.logDevice.read();
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.remove();
  },
  situation: (history) => {
    const [before, after] = diskLogs(history);
    const [resume] = history.exchanges('RESUME');
    if (before === undefined || after === undefined || resume?.request === undefined) return [];
    const counted = history
      .exchanges('GET_SYNC_COUNT')
      .some(({ answer }) => answer !== undefined && answer.t < after.began);
    return counted && after.ended < resume.request.t ? [before.event, after.event] : [];
  },
  expect: (history, check) => {
    const [before, after] = diskLogs(history);
    const same =
      before !== undefined && after !== undefined && Buffer.compare(before.bytes, after.bytes) === 0;
    check(same, {
      expected: 'the device holds the same bytes before the construction and after it',
      seen: after === undefined ? 'the scenario did not get so far' : 'other bytes',
      events: [before, after].flatMap((image) => image?.event ?? []),
    });
    const [ctr] = history.exchanges('CTR');
    check(ctr?.result === 0, {
      expected: 'the log is constructed on a device that holds no log',
      seen: `error ${String(ctr?.answer?.error)}`,
      events: ctr?.events() ?? [],
    });
  },
});
