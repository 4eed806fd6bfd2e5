import { conformanceTest, exchangesAfterEvent } from '../../harness/fixtures.js';

const LIFE_CYCLE = ['PRESUSPEND', 'POSTSUSPEND', 'RESUME'] as const;

// ERR-02 (dm-log-userspace 2.5, 13): the daemon is replaced while the mirror is idle, and the next thing is a suspend.
// An error does no harm there; silence and -EAGAIN would keep an unkillable dmsetup waiting.
conformanceTest(import.meta.url, {
  title:
    'suspend and resume after a restart of the daemon are refused at once or served, and the log is rebuilt',
  ids: ['ERR-02'],
  tier: 'full',
  underTest: 'daemon',
  daemon: 'running',
  mutants: ['unknown-presuspend-again'],
  drive: async (lab) => {
    const mirror = lab.mirror({ regions: 64, sync: 'nosync' });
    await mirror.create();
    await lab.subject.kill();
    await lab.subject.start();
    await mirror.suspend();
    await mirror.resume();
    await mirror.write([3]);
    await mirror.remove();
  },
  situation: (history) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return [];
    const asked = exchangesAfterEvent(history, killed);
    const first = asked.slice(0, LIFE_CYCLE.length);
    return LIFE_CYCLE.every((name, index) => first[index]?.name === name)
      ? first.flatMap((exchange) => exchange.events())
      : [];
  },
  expect: (history, check) => {
    const killed = history.subjectEvents().find(({ action }) => action === 'killed');
    if (killed === undefined) return;
    for (const exchange of exchangesAfterEvent(history, killed).slice(0, LIFE_CYCLE.length)) {
      check(exchange.transmissions.length === 1 && exchange.replies.length === 1, {
        expected: `${String(exchange.name)} is answered once and for good`,
        seen: `sent ${exchange.transmissions.length} times; answered ${exchange.replies.map(({ error }) => error).join(', ') || 'never'}`,
        events: exchange.events(),
      });
    }
    const mark = history.exchanges('MARK_REGION').at(-1);
    check(mark?.result === 0, {
      expected: 'the log serves marks again afterwards',
      seen: mark === undefined ? 'no mark' : `result ${String(mark.result)}`,
      events: mark?.events() ?? [],
    });
  },
});
