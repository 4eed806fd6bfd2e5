import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-59 (idm 6.2): firmware of 2020 refused it; the design wants room to be made by it.
conformanceTest(import.meta.url, {
  title: 'a mutex whose holder is gone for good is destroyed after the lease',
  ids: ['IDM-59'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['destroy-of-expired-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(60_001);
    await theirs.destroy();
    await theirs.list();
    await mine.refresh();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'other destroy exclusive r → GOOD',
      'other list → nothing',
      'node1 refresh exclusive r → OOR',
    ]);
  },
});
