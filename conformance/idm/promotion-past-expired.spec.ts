import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-48, IDM-52 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'a sharer becomes the exclusive holder beside expired ones by a break only',
  ids: ['IDM-48', 'IDM-52'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['promotes-past-expired', 'break-keeps-old-holders', 'break-does-not-promote'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await theirs.trylock({ mode: 'shared', lease: 10_000 });
    await mine.trylock({ mode: 'shared', lease: 60_000 });
    await drives.elapse(10_001);
    await mine.refresh();
    await mine.list();
    await mine.break();
    await mine.list();
    await theirs.unlock({ mode: 'shared' });
  },
  situation: (history) =>
    lockEvents(history, 'node2 trylock shared r → GOOD', 'node1 trylock shared r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node2 trylock shared r → GOOD',
      'node1 trylock shared r → GOOD',
      ['IDM-48', 'node1 refresh exclusive r → CT'],
      ['IDM-48', 'node1 list → r node2 shared timeout, r node1 shared locked'],
      ['IDM-52', 'node1 break exclusive r → GOOD'],
      ['IDM-52', 'node1 list → r node1 exclusive locked'],
      ['IDM-52', 'node2 unlock shared r → RC'],
    ]);
  },
});
