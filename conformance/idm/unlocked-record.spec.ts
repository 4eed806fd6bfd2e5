import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-28, IDM-33, IDM-34 (idm 6.2, release effect): the record keeps the lock value block.
conformanceTest(import.meta.url, {
  title: 'an exclusive unlock leaves a record, which the next host takes over',
  ids: ['IDM-28', 'IDM-33', 'IDM-34'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: [
    'unlock-keeps-lock',
    'unlock-forgets-record',
    'unlocked-told-as-uninitialised',
    'record-keeps-old-host',
    'unlock-of-record-refused',
  ],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.trylock();
    await mine.unlock();
    await mine.list();
    await mine.count();
    await theirs.unlock();
    await theirs.list();
    await theirs.trylock();
    await theirs.list();
  },
  situation: (history) => lockEvents(history, 'node1 unlock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-33', 'node1 unlock exclusive r → GOOD'],
      ['IDM-33', 'node1 list → r node1 exclusive unlocked'],
      ['IDM-33', 'node1 count → 1'],
      ['IDM-34', 'other unlock exclusive r → GOOD'],
      ['IDM-34', 'other list → r node1 exclusive unlocked'],
      ['IDM-28', 'other trylock exclusive r → GOOD'],
      ['IDM-28', 'other list → r other exclusive locked'],
    ]);
  },
});
