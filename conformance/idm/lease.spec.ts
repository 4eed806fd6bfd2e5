import { checkLockStory, conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-08, IDM-38 (idm 3, 6.1): told by the clock of the drive, which stands still until the test lets it go on; a real one is
// asked when 90 % and 110 % of the lease are over (docs/real-drives.md).
conformanceTest(import.meta.url, {
  title:
    'a lease runs out after its countdown and not before, and the countdown that is told stays what it was',
  ids: ['IDM-08', 'IDM-38'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lease-too-long', 'lease-too-short', 'countdown-ticks', 'timeout-told-as-locked'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(59_999);
    await mine.list();
    await drives.elapse(2);
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const [lock] = lockExchanges(history, 'trylock');
    const asked = String(lock?.call.countdown);
    for (const exchange of lockExchanges(history, 'read')) {
      const told = exchange.entries.map(({ countdown }) => String(countdown)).join();
      check(told === asked, {
        id: 'IDM-08',
        expected: `a countdown of ${asked} ms`,
        seen: told,
        events: exchange.events(),
      });
    }
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-38', 'node1 list → r node1 exclusive locked'],
      ['IDM-38', 'node1 list → r node1 exclusive timeout'],
    ]);
  },
});
