import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-26 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a shared and an exclusive lock keep each other out, whichever was first',
  ids: ['IDM-26'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['shared-beside-exclusive', 'exclusive-beside-shared'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock({ mode: 'shared' });
    await theirs.trylock();
    await mine.unlock({ mode: 'shared' });
    await theirs.trylock();
    await mine.trylock({ mode: 'shared' });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock shared r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock shared r → GOOD',
      'node2 trylock exclusive r → RC',
      'node1 unlock shared r → GOOD',
      'node2 trylock exclusive r → GOOD',
      'node1 trylock shared r → RC',
      'node1 list → r node2 exclusive locked',
    ]);
  },
});
