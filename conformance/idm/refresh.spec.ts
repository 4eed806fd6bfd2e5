import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-40, IDM-41, IDM-44 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a refresh begins the lease anew with the countdown that it names, also after the lease ran out',
  ids: ['IDM-40', 'IDM-41', 'IDM-44'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['refresh-keeps-deadline', 'refresh-keeps-countdown', 'refresh-of-expired-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(40_000);
    await mine.refresh({ lease: 60_000 });
    await drives.elapse(40_000);
    await mine.list();
    await mine.refresh({ lease: 5000 });
    await drives.elapse(5001);
    await mine.list();
    await mine.refresh({ lease: 60_000 });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-40', 'node1 refresh exclusive r → GOOD'],
      ['IDM-40', 'node1 list → r node1 exclusive locked'],
      ['IDM-40', 'node1 refresh exclusive r → GOOD'],
      ['IDM-44', 'node1 list → r node1 exclusive timeout'],
      ['IDM-41', 'node1 refresh exclusive r → GOOD'],
      ['IDM-41', 'node1 list → r node1 exclusive locked'],
    ]);
  },
});
