import { coexisting, conformanceTest, lifeCycle } from '../../harness/fixtures.js';

// LVM-26 (lvm 2): unlike `dmsetup resume`, LVM suspends and resumes in steps of its own; the order by luid must hold all the same.
conformanceTest(import.meta.url, {
  title: 'LVM swaps tables: no log is resumed while another one of its UUID is active',
  ids: ['LVM-26'],
  tier: 'full',
  underTest: 'kernel',
  daemon: 'puppet',
  disks: 4,
  mutants: ['lvm-swap-resumes-new-first'],
  drive: async (lab) => {
    const group = await lab.volumeGroup({ log: 'core', flush: 'legacy' });
    const lv = await group.mirror(1, { extents: 4, words: ['-Zn', '-Wn'] });
    await lv.waitInSync();
    await lv.extend(2);
    await lv.waitInSync();
    await lv.convert('-m2');
    await lv.convert('-m1');
    await lv.change('--refresh');
    await lv.reduce(2);
    await lv.remove();
  },
  situation: (history) => coexisting(history).flatMap(({ events }) => events),
  expect: (history, check) => {
    for (const { first, second } of coexisting(history)) {
      const steps = lifeCycle(history)
        .filter((exchange) => first.exchanges.includes(exchange) || second.exchanges.includes(exchange))
        .map((exchange) => `${String(exchange.name)} ${first.exchanges.includes(exchange) ? 'old' : 'new'}`);
      const resumed = steps.indexOf('RESUME new');
      const suspended = steps.lastIndexOf('POSTSUSPEND old');
      check(resumed < 0 || (suspended >= 0 && suspended < resumed), {
        expected: 'POSTSUSPEND old before RESUME new',
        seen: steps.join(', '),
        events: [...first.exchanges, ...second.exchanges].flatMap((exchange) =>
          exchange.name === 'RESUME' || exchange.name === 'POSTSUSPEND' ? exchange.events() : [],
        ),
      });
    }
  },
});
