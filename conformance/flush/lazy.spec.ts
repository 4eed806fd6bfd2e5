import { conformanceTest, eventsOf, outcomesOf, waited, whileActive } from '../../harness/fixtures.js';

// FLUSH-10, FLUSH-11q (dm-log-userspace 8): the resync of a region ends in a CLEAR without a mark. Two regions make
// two clear-only batches, one makes one. The log of two regions comes first: when the lazy FLUSH of the other one is
// seen, its own would be overdue.
conformanceTest(import.meta.url, {
  title: 'with integrated_flush one clear-only batch is flushed after 3 s, and two cancel each other',
  ids: ['FLUSH-10', 'FLUSH-11q'],
  tier: 'quick',
  underTest: 'kernel',
  daemon: 'puppet',
  mutants: ['lazy-flush-late', 'lazy-flush-never', 'second-clear-keeps-the-lazy-flush'],
  drive: async (lab) => {
    const two = lab.mirror({ name: 'two', regions: 2, integratedFlush: true });
    const one = lab.mirror({ name: 'one', regions: 1, integratedFlush: true });
    await two.create();
    await lab.returned('CLEAR_REGION', 2);
    await one.create();
    await lab.returned('CLEAR_REGION', 3);
    await lab.ticking(lab.returned('FLUSH', 1));
    await one.remove();
    await two.remove();
  },
  situation: (history) => {
    const clears = history
      .instances()
      .map(({ exchanges }) => exchanges.filter(({ name }) => name === 'CLEAR_REGION'));
    return clears.map(({ length }) => length).join() === '2,1' ? eventsOf(clears.flat()) : [];
  },
  expect: (history, check) => {
    const [two, one] = history.instances();
    const clear = one?.exchanges.find(({ name }) => name === 'CLEAR_REGION');
    const flushes = whileActive(one).filter(({ name }) => name === 'FLUSH');
    const [lazy] = flushes;
    const { ms, inTime } = waited(history, clear?.return?.t, lazy?.request?.t, [2990, 3600]);
    check(flushes.length === 1 && lazy?.payload.length === 0 && inTime, {
      id: 'FLUSH-10',
      expected: 'one empty FLUSH 3.0 s to 3.6 s after the CLEAR_REGION',
      seen: `${flushes.length} FLUSH of ${String(lazy?.payload.length)} bytes, after ${ms.toFixed(0)} ms`,
      events: eventsOf([clear, ...flushes]),
    });
    const none = two?.exchanges.filter(({ name }) => name === 'FLUSH') ?? [];
    check(none.length === 0, {
      id: 'FLUSH-11q',
      expected: 'no FLUSH of the log with two clear-only batches',
      seen: outcomesOf(none),
      events: eventsOf(
        two?.exchanges.filter(({ name }) => name === 'CLEAR_REGION' || name === 'FLUSH') ?? [],
      ),
    });
  },
});
