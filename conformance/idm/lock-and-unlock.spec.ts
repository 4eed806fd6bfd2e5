import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-19, IDM-29 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a mutex that was not there is made by a trylock, and released by its holder',
  ids: ['IDM-19', 'IDM-29'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lock-forgotten', 'unlock-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock();
    await mine.list();
    await mine.unlock();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      ['IDM-19', 'node1 trylock exclusive r → GOOD'],
      ['IDM-19', 'node1 list → r node1 exclusive locked'],
      ['IDM-29', 'node1 unlock exclusive r → GOOD'],
      ['IDM-29', 'node1 list → r node1 exclusive unlocked'],
    ]);
  },
});
