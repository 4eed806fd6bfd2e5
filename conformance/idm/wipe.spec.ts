import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-13 (idm 2.4): how test fixtures of the peers make a drive new.
conformanceTest(import.meta.url, {
  title: 'the wipe removes every mutex, held or not',
  ids: ['IDM-13'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['wipe-keeps-held'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await theirs.other('s').trylock({ mode: 'shared' });
    await mine.wipe();
    await mine.list();
    await mine.count();
    await theirs.trylock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 trylock shared s → GOOD',
      'node1 wipe → GOOD',
      'node1 list → nothing',
      'node1 count → 0',
      'node2 trylock exclusive r → GOOD',
    ]);
  },
});
