import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-42, IDM-43 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a refresh of a lock that the host does not have is a conflict, and gives it none',
  ids: ['IDM-42', 'IDM-43'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['refresh-by-stranger', 'refresh-takes-records'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await theirs.refresh();
    await theirs.list();
    await mine.unlock();
    await mine.refresh();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-42', 'node2 refresh exclusive r → RC'],
      ['IDM-42', 'node2 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
      ['IDM-43', 'node1 refresh exclusive r → RC'],
      ['IDM-43', 'node1 list → r node1 exclusive unlocked'],
    ]);
  },
});
