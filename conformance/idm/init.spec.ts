import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-20, IDM-21 (idm 6.2): no host sends it.
conformanceTest(import.meta.url, {
  title: 'init makes a held mutex, and never touches one that is there',
  ids: ['IDM-20', 'IDM-21'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['init-takes-records', 'init-leaves-unlocked'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.init();
    await mine.list();
    await mine.init();
    await theirs.init();
    await mine.unlock();
    await theirs.init();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 init exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      ['IDM-20', 'node1 init exclusive r → GOOD'],
      ['IDM-20', 'node1 list → r node1 exclusive locked'],
      ['IDM-21', 'node1 init exclusive r → RC'],
      ['IDM-21', 'other init exclusive r → RC'],
      'node1 unlock exclusive r → GOOD',
      ['IDM-21', 'other init exclusive r → RC'],
      ['IDM-21', 'node1 list → r node1 exclusive unlocked'],
    ]);
  },
});
