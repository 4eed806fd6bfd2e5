import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-18 (idm 5): Linux sends a command that ended with BUSY again and again until its time-out of 15 s, so that each
// try for a lock that somebody else holds would cost that.
conformanceTest(import.meta.url, {
  title: 'a lock that somebody else holds is never refused with busy',
  ids: ['IDM-18'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['contention-is-busy'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock();
    await mine.as('other').trylock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const busy = history
      .diskEvents()
      .filter((event) => event.kind === 'disk-command' && event.status === 0x08);
    const [, refused] = lockExchanges(history, 'trylock');
    check(busy.length === 0 && refused?.result === 'RC', {
      expected: 'RC, and no BUSY on the way to it',
      seen: `${refused?.result ?? 'no such call'}, ${busy.length} times BUSY`,
      events: [...busy, ...(refused?.events() ?? [])],
    });
  },
});
