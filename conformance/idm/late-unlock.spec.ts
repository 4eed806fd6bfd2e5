import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-30 (idm 6.3): the end of a lease is silent; as long as nobody broke the lock its holder may come back.
conformanceTest(import.meta.url, {
  title: 'a holder unlocks after its lease ran out, and its lock value is stored',
  ids: ['IDM-30'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['late-unlock-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(60_001);
    await mine.list();
    await mine.unlock({ lvb: '05a1b2c3d4e5f6' });
    await mine.as('other').trylock();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 list → r node1 exclusive timeout'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node1 list → r node1 exclusive timeout',
      'node1 unlock exclusive r → GOOD',
      'other trylock exclusive r → GOOD',
      'node1 list → r other exclusive locked lvb 0005a1b2c3d4e5f6',
    ]);
  },
});
