import { beganBefore, commandsWith, conformanceTest, eventsOf } from '../../harness/fixtures.js';

// SUSP-12 (dm-log-userspace 9.5): the report of the first recovered region is kept waiting; a suspend comes then.
conformanceTest(import.meta.url, {
  title: 'a suspend waits for the region under recovery before it sends PRESUSPEND',
  ids: ['SUSP-12'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['presuspend-during-a-recovery'],
  drive: async (lab) => {
    const reports = lab.puppet.hold('SET_REGION_SYNC');
    const mirror = lab.mirror({ regions: 64 });
    await mirror.create();
    await reports.held(1, 12_000);
    const argv = ['dmsetup', 'suspend', '--nolockfs', mirror.name];
    const suspend = lab.start(() => lab.run(argv, { env: { DM_DISABLE_UDEV: '1' } }));
    await lab.untilBlocked('dmsetup');
    reports.release();
    await suspend.finished();
    await mirror.remove();
  },
  situation: (history) => {
    const [suspend] = commandsWith(history, 'suspend');
    const [report] = history.exchanges('SET_REGION_SYNC');
    const waited = suspend !== undefined && report?.answer !== undefined && suspend.t < report.answer.t;
    return waited ? eventsOf([report]) : [];
  },
  expect: (history, check) => {
    const [report] = history.exchanges('SET_REGION_SYNC');
    const [suspend] = history.exchanges('PRESUSPEND');
    if (report === undefined) return;
    const inOrder =
      suspend?.request !== undefined &&
      report.return !== undefined &&
      beganBefore(history, report, suspend) &&
      history.place(report.return) < history.place(suspend.request);
    check(inOrder, {
      expected: 'PRESUSPEND after the return of SET_REGION_SYNC',
      seen: suspend === undefined ? 'no PRESUSPEND' : 'PRESUSPEND while SET_REGION_SYNC was open',
      events: eventsOf([report, suspend]),
    });
  },
});
