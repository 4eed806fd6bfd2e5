import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-56 (idm 6.1): sources contradict each other here.
conformanceTest(import.meta.url, {
  title: 'a lease without an end never runs out, and does not protect from a break',
  ids: ['IDM-56'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['endless-is-protected'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.trylock({ lease: 'endless' });
    await drives.elapse(1_000_000_000);
    await mine.list();
    await theirs.break();
    await theirs.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node1 list → r node1 exclusive locked',
      'other break exclusive r → GOOD',
      'other list → r other exclusive locked',
    ]);
  },
});
