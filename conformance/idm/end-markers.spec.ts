import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-03, IDM-09, IDM-10 (idm 3.2, 6.6): zeros would be taken for the global lock, whose id is all zeros.
conformanceTest(import.meta.url, {
  title: 'a list is as long as it was asked for, and ends with end markers',
  ids: ['IDM-03', 'IDM-09', 'IDM-10'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['pads-with-zeros', 'read-length-in-bytes', 'empty-table-not-found'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.list(2);
    await mine.trylock();
    await mine.list(4);
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const end = `000000000000dead${'00'.repeat(504)}`;
    for (const [index, exchange] of lockExchanges(history, 'read').entries()) {
      const blocks = Buffer.from(exchange.answer?.dataIn ?? []);
      const events = exchange.events();
      const length = index === 0 ? 1024 : 2048;
      check(blocks.length === length, {
        id: 'IDM-03',
        expected: `${length} bytes`,
        seen: `${blocks.length}`,
        events,
      });
      const padding = blocks.toString('hex', index * 512);
      check(padding === end.repeat(length / 512 - index), {
        id: index === 0 ? 'IDM-10' : 'IDM-09',
        expected: 'nothing but end markers behind the entries',
        seen: `${padding.slice(0, 32)}…`,
        events,
      });
    }
  },
});
