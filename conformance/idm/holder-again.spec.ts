import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-23 (idm 5, 6.2): 22h, which hosts map to EAGAIN, and which not every path to a drive carries (docs/disks.md).
conformanceTest(import.meta.url, {
  title: 'a second trylock by the holder is terminated, and the holder keeps the lock',
  ids: ['IDM-23'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['relock-granted', 'relock-is-conflict'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock();
    await mine.trylock();
    await mine.trylock({ mode: 'shared' });
    await mine.list();
    await mine.unlock();
    await mine.trylock({ mode: 'shared' });
    await mine.trylock({ mode: 'shared' });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node1 trylock exclusive r → CT',
      'node1 trylock shared r → CT',
      'node1 list → r node1 exclusive locked',
      'node1 unlock exclusive r → GOOD',
      'node1 trylock shared r → GOOD',
      'node1 trylock shared r → CT',
      'node1 list → r node1 shared locked',
    ]);
  },
});
