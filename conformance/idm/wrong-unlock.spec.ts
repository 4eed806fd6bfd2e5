import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-31, IDM-32 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a lock is unlocked by its holder only, and with its own class',
  ids: ['IDM-31', 'IDM-32'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['unlocks-for-strangers', 'unlock-ignores-class'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await theirs.unlock();
    await theirs.list();
    await mine.unlock({ mode: 'shared' });
    await theirs.list();
    await mine.unlock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-31', 'node2 unlock exclusive r → RC'],
      ['IDM-31', 'node2 list → r node1 exclusive locked'],
      ['IDM-32', 'node1 unlock shared r → CT'],
      ['IDM-32', 'node2 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
    ]);
  },
});
