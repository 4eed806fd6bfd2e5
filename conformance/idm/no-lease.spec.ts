import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-39 (idm 6.1)
conformanceTest(import.meta.url, {
  title: 'a lock with a countdown of 0 has run out at once',
  ids: ['IDM-39'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['zero-is-endless'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 0 });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node1 list → r node1 exclusive timeout',
    ]);
  },
});
