import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-27, IDM-49 (idm 6.2, 6.3): nothing is granted by the end of a lease alone.
conformanceTest(import.meta.url, {
  title: 'an expired lock keeps others out until one of them breaks it, and then that one alone holds it',
  ids: ['IDM-27', 'IDM-49'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['expired-granted-without-break', 'break-keeps-old-holders', 'break-for-holders-only'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(60_001);
    await theirs.trylock();
    await theirs.break();
    await theirs.list();
    await theirs.trylock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-27', 'node2 trylock exclusive r → RC'],
      ['IDM-49', 'node2 break exclusive r → GOOD'],
      ['IDM-49', 'node2 list → r node2 exclusive locked'],
      ['IDM-49', 'node2 trylock exclusive r → CT'],
    ]);
  },
});
