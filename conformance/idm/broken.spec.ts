import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-50, IDM-51 (idm 6.2): conflicts, whatever the class; hosts tell from them that they lost the lock.
conformanceTest(import.meta.url, {
  title: 'a host whose lock was broken can neither unlock nor renew it',
  ids: ['IDM-50', 'IDM-51'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['unlocks-for-strangers', 'refresh-of-broken-lock', 'unlock-of-broken-lock'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    await drives.elapse(60_001);
    await theirs.break();
    await mine.unlock();
    await mine.unlock({ mode: 'shared' });
    await mine.refresh();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node2 break exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 break exclusive r → GOOD',
      ['IDM-50', 'node1 unlock exclusive r → RC'],
      ['IDM-50', 'node1 unlock shared r → RC'],
      ['IDM-51', 'node1 refresh exclusive r → RC'],
      'node1 list → r node2 exclusive locked',
    ]);
  },
});
