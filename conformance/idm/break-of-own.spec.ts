import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-54, IDM-55 (idm 6.2)
conformanceTest(import.meta.url, {
  title:
    'a break of its own lock renews the lease of a holder, and of a record that nobody holds it is a conflict',
  ids: ['IDM-54', 'IDM-55'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['break-takes-records', 'break-of-own-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(40_000);
    await mine.break({ lease: 60_000 });
    await drives.elapse(40_000);
    await mine.list();
    await mine.unlock();
    await mine.break();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-55', 'node1 break exclusive r → GOOD'],
      ['IDM-55', 'node1 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
      ['IDM-54', 'node1 break exclusive r → RC'],
      ['IDM-54', 'node1 list → r node1 exclusive unlocked'],
    ]);
  },
});
