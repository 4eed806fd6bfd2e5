import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-24 (idm 6.2): hosts map the status to "busy", and try again; anything else would be taken for another trouble.
conformanceTest(import.meta.url, {
  title: 'an exclusive lock of one node is refused to another one, which leaves it as it is',
  ids: ['IDM-24'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['two-exclusive-holders', 'contention-is-terminated'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await theirs.trylock();
    await theirs.list();
    await mine.unlock();
    await theirs.trylock();
    await mine.trylock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 trylock exclusive r → RC',
      'node2 list → r node1 exclusive locked',
      'node1 unlock exclusive r → GOOD',
      'node2 trylock exclusive r → GOOD',
      'node1 trylock exclusive r → RC',
    ]);
  },
});
