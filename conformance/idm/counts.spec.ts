import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-11, IDM-12 (idm 3.3): two hosts that share a mutex are two entries.
conformanceTest(import.meta.url, {
  title: 'the inquiry counts entries and not mutexes, of the drive and of each group',
  ids: ['IDM-11', 'IDM-12'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['counts-mutexes', 'counts-groups-wrongly'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.count();
    await mine.trylock({ mode: 'shared' });
    await theirs.trylock({ mode: 'shared' });
    await mine.other('s').trylock();
    await mine.count();
  },
  situation: (history) =>
    lockEvents(history, 'other trylock shared r → GOOD', 'node1 trylock exclusive s → GOOD'),
  expect: (history, check) => {
    const wanted = ['0000000000000000', '0003000300000000'];
    for (const [index, exchange] of lockExchanges(history, 'count').entries()) {
      const head = Buffer.from(exchange.answer?.dataIn ?? []).toString('hex', 0, 8);
      for (const [id, from, to] of [
        ['IDM-11', 0, 4],
        ['IDM-12', 4, 16],
      ] as const)
        check(head.slice(from, to) === wanted[index]?.slice(from, to), {
          id,
          expected: `the inquiry block begins with ${String(wanted[index])}`,
          seen: head,
          events: exchange.events(),
        });
    }
  },
});
