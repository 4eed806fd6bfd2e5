import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-45, IDM-46, IDM-47 (idm 6.2)
conformanceTest(import.meta.url, {
  title: 'an exclusive lock becomes a shared one at will, and back only while nobody else shares it',
  ids: ['IDM-45', 'IDM-46', 'IDM-47'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['demotion-refused', 'promotes-beside-sharers', 'promotion-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await mine.refresh({ mode: 'shared' });
    await mine.list();
    await mine.refresh();
    await mine.refresh({ mode: 'shared' });
    await theirs.trylock({ mode: 'shared' });
    await mine.refresh();
    await theirs.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-45', 'node1 refresh shared r → GOOD'],
      ['IDM-45', 'node1 list → r node1 shared locked'],
      ['IDM-46', 'node1 refresh exclusive r → GOOD'],
      ['IDM-45', 'node1 refresh shared r → GOOD'],
      'node2 trylock shared r → GOOD',
      ['IDM-47', 'node1 refresh exclusive r → CT'],
      ['IDM-47', 'node2 list → r node1 shared multiple locked, r node2 shared multiple locked'],
    ]);
  },
});
