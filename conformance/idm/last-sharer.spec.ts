import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-35 (idm 6.2, release effect): a defect to its testers, and what drives of 2023 do.
conformanceTest(import.meta.url, {
  title: 'after the last shared unlock nothing is left of a mutex',
  ids: ['IDM-35'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['shared-unlock-keeps-record'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ mode: 'shared' });
    await mine.unlock({ mode: 'shared' });
    await mine.list();
    await mine.unlock({ mode: 'shared' });
    await mine.destroy({ mode: 'shared' });
  },
  situation: (history) => lockEvents(history, 'node1 unlock shared r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock shared r → GOOD',
      'node1 unlock shared r → GOOD',
      'node1 list → nothing',
      'node1 unlock shared r → OOR',
      'node1 destroy shared r → OOR',
    ]);
  },
});
