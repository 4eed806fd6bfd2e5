import { conformanceTest, lockExchanges } from '../../harness/fixtures.js';

// IDM-62 (idm 6.2): which of them wins is nobody's business.
conformanceTest(import.meta.url, {
  title: 'of three nodes that try at the same time exactly one gets the lock',
  ids: ['IDM-62'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['not-atomic', 'two-exclusive-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const labs = [lab, await lab.anotherNode(), await lab.anotherNode()];
    const mutexes = await Promise.all(labs.map((node) => node.mutex(drives, 'r')));
    await Promise.all(mutexes.map((mutex) => mutex.trylock()));
    await Promise.all(mutexes.map((mutex) => mutex.list()));
  },
  situation: (history) => lockExchanges(history, 'trylock').flatMap((exchange) => exchange.events()),
  expect: (history, check) => {
    const tries = lockExchanges(history, 'trylock');
    const results = tries
      .map(({ result }) => result)
      .toSorted()
      .join();
    check(results === 'GOOD,RC,RC', {
      expected: 'GOOD for one, RC for the other two',
      seen: results,
      events: tries.flatMap((exchange) => exchange.events()),
    });
    const winner = tries.find(({ result }) => result === 'GOOD')?.call.node ?? 'nobody';
    for (const exchange of lockExchanges(history, 'read')) {
      check(exchange.line.endsWith(`list → r ${winner} exclusive locked`), {
        expected: `r ${winner} exclusive locked`,
        seen: exchange.line,
        events: exchange.events(),
      });
    }
  },
});
