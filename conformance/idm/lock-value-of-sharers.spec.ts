import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-67 (idm 7): hosts look for it in the entry of their own.
conformanceTest(import.meta.url, {
  title: 'every sharer finds the lock value in its own entry',
  ids: ['IDM-67'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lvb-in-last-entry-only'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await mine.unlock({ lvb: '05a1b2c3d4e5f6' });
    await mine.trylock({ mode: 'shared' });
    await theirs.trylock({ mode: 'shared' });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node2 trylock shared r → GOOD'),
  expect: (history, check) => {
    const found = lockExchanges(history, 'read');
    const told = found.flatMap(({ entries }) => entries.map(({ host, lvb }) => `${host} ${lvb}`)).join(', ');
    check(told === 'node1 0005a1b2c3d4e5f6, node2 0005a1b2c3d4e5f6', {
      expected: 'node1 and node2 each with 0005a1b2c3d4e5f6',
      seen: told,
      events: found.flatMap((exchange) => exchange.events()),
    });
  },
});
