import { checkLockStory, conformanceTest, lockEvents, unitResets } from '../../harness/fixtures.js';

// IDM-61 (idm 1): what the kernel does when commands do not come back must cost no lock.
conformanceTest(import.meta.url, {
  title: 'a lock outlives a reset of the unit by another node',
  ids: ['IDM-61'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lost-at-reset'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await other.resetUnit(drives);
    await mine.untilReady();
    await theirs.untilReady();
    await theirs.trylock();
    await mine.refresh();
    await mine.list();
  },
  situation: (history) =>
    unitResets(history).length > 0 ? lockEvents(history, 'node1 trylock exclusive r → GOOD') : [],
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 trylock exclusive r → RC',
      'node1 refresh exclusive r → GOOD',
      'node1 list → r node1 exclusive locked',
    ]);
  },
});
