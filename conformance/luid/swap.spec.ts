import { conformanceTest, coexisting, requestsFailed, resumedBefore } from '../../harness/fixtures.js';

// LUID-03 (dm-log-userspace 6.2): DTR of the old log comes after RESUME of the new one. A daemon keyed on the
// UUID alone destroys the live log then, and nothing but hanging writes tells about it.
conformanceTest(import.meta.url, {
  title: 'a swap that resumes the new log before it destroys the old one ends with the new log active',
  ids: ['LUID-03'],
  tier: 'quick',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['uuid-keyed', 'resume-ignores-luid', 'suspend-by-uuid', 'dtr-takes-newest'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await mirror.write([1]);
    await mirror.reload({ regions: 96, sync: 'default' });
    await mirror.resume();
    await mirror.waitInSync(30_000);
    await mirror.write([1, 80]);
    await mirror.status();
    await mirror.remove();
  },
  situation: (history) =>
    coexisting(history)
      .filter(({ first, second }) => resumedBefore(history, second, first.death))
      .flatMap(({ events }) => events),
  expect: (history, check) => {
    const fresh = history.instances()[1];
    const after = history
      .exchanges()
      .filter((exchange) => exchange.luid === fresh?.luid && exchange.name !== 'CTR');
    const failed = requestsFailed(after);
    check(failed.length === 0, {
      expected: 'every request of the new log is answered without error',
      seen: failed.map((exchange) => `${String(exchange.name)}: ${String(exchange.result)}`).join(', '),
      events: failed.flatMap((exchange) => exchange.events()),
    });
    const status = history.commands().findLast(({ argv }) => argv.includes('status'));
    check(status?.stdout.includes(' 96/96 ') === true && !status.stdout.includes('COM_FAILURE'), {
      expected: 'the last status line shows 96/96 regions in sync',
      seen: status?.stdout.trim() ?? 'no status line',
      ...(status && { events: [status] }),
    });
  },
});
