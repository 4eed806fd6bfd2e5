import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-25, IDM-36, IDM-37 (idm 3.2, 6.2): each host has an entry of its own.
conformanceTest(import.meta.url, {
  title: 'nodes share a lock, and one that leaves takes only its own entry along',
  ids: ['IDM-25', 'IDM-36', 'IDM-37'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['sharers-refused', 'unlock-drops-sharers', 'multiple-told-as-locked'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock({ mode: 'shared' });
    await mine.list();
    await theirs.trylock({ mode: 'shared' });
    await theirs.list();
    await mine.unlock({ mode: 'shared' });
    await theirs.list();
    await theirs.unlock({ mode: 'shared' });
  },
  situation: (history) => lockEvents(history, 'node1 trylock shared r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock shared r → GOOD',
      ['IDM-37', 'node1 list → r node1 shared locked'],
      ['IDM-25', 'node2 trylock shared r → GOOD'],
      ['IDM-37', 'node2 list → r node1 shared multiple locked, r node2 shared multiple locked'],
      ['IDM-36', 'node1 unlock shared r → GOOD'],
      ['IDM-36', 'node2 list → r node2 shared locked'],
      'node2 unlock shared r → GOOD',
    ]);
  },
});
