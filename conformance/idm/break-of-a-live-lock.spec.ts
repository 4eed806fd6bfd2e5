import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-53 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a live lock cannot be broken, to the last millisecond of its lease',
  ids: ['IDM-53'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['breaks-live-holders', 'lease-too-short'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await theirs.break();
    await drives.elapse(60_000);
    await theirs.break({ mode: 'shared' });
    await theirs.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 break exclusive r → RC',
      'node2 break shared r → RC',
      'node2 list → r node1 exclusive locked',
    ]);
  },
});
