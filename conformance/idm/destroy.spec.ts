import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-57, IDM-58 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'destroy removes an unlocked record, and never a lock that is held',
  ids: ['IDM-57', 'IDM-58'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['destroys-held', 'unlock-keeps-lock', 'destroy-of-record-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await theirs.destroy();
    await theirs.list();
    await mine.unlock();
    await theirs.destroy();
    await theirs.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-58', 'node2 destroy exclusive r → RC'],
      ['IDM-58', 'node2 list → r node1 exclusive locked'],
      ['IDM-57', 'node1 unlock exclusive r → GOOD'],
      ['IDM-57', 'node2 destroy exclusive r → GOOD'],
      ['IDM-57', 'node2 list → nothing'],
    ]);
  },
});
