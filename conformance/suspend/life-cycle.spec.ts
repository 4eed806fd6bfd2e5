import { conformanceTest, lifeCycle } from '../../harness/fixtures.js';

// SUSP-01 (dm-log-userspace 6.1)
conformanceTest(import.meta.url, {
  title: 'suspend sends PRESUSPEND then POSTSUSPEND, and remove adds DTR',
  ids: ['SUSP-01'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['drop-postsuspend', 'dtr-before-postsuspend', 'region-size-asked-twice'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.suspend();
    await mirror.resume();
    await mirror.remove();
  },
  situation: (history) => {
    const done = (verb: string): boolean =>
      history
        .commands()
        .some(({ argv, status }) => argv[0] === 'dmsetup' && argv[1] === verb && status === 0);
    return done('suspend') && done('remove') ? history.commands() : [];
  },
  expect: (history, check) => {
    const seen = lifeCycle(history).map(({ name }) => String(name));
    const expected = [
      'CTR',
      'RESUME',
      'PRESUSPEND',
      'POSTSUSPEND',
      'RESUME',
      'PRESUSPEND',
      'POSTSUSPEND',
      'DTR',
    ];
    check(seen.join() === expected.join(), {
      expected: expected.join(', '),
      seen: seen.join(', '),
      events: lifeCycle(history).flatMap((exchange) => exchange.events()),
    });
  },
});
