import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-21, IDM-38, IDM-41 (idm 6.2, 11: SB2_00d 6 to 6g, L9, LI1, S3), on the firmware whose transcripts show them. What
// it does otherwise than that of 2023 is its profile, which the drive's trace is judged by: a lock by its own holder, an
// unlock of a record, and a destroy after expiry are conflicts, and a lock takes the lock value block that it brings.
conformanceTest(import.meta.url, {
  title: 'a drive of 2020 does what its transcripts show, and is held to that',
  ids: ['IDM-21', 'IDM-38', 'IDM-41'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'a drive with firmware of 2020',
  mutants: ['init-takes-records', 'timeout-told-as-locked', 'refresh-of-expired-refused'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ firmware: 2020 });
    const mine = await lab.mutex(drives, 'r');
    const theirs = mine.as('other');
    await mine.destroy();
    await mine.init({ lease: 30_000 });
    await mine.init();
    await theirs.unlock();
    await mine.trylock();
    await drives.elapse(30_001);
    await mine.list();
    await mine.destroy();
    await mine.refresh({ lease: 30_000 });
    await mine.list();
    await mine.unlock();
    await mine.unlock();
    await theirs.init();
    await theirs.trylock({ mode: 'shared', lvb: '01020304050607' });
    await mine.trylock({ mode: 'shared' });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 init exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 destroy exclusive r → OOR',
      'node1 init exclusive r → GOOD',
      ['IDM-21', 'node1 init exclusive r → RC'],
      'other unlock exclusive r → RC',
      'node1 trylock exclusive r → RC',
      ['IDM-38', 'node1 list → r node1 exclusive timeout'],
      'node1 destroy exclusive r → RC',
      ['IDM-41', 'node1 refresh exclusive r → GOOD'],
      ['IDM-41', 'node1 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
      'node1 unlock exclusive r → RC',
      ['IDM-21', 'other init exclusive r → RC'],
      'other trylock shared r → GOOD',
      'node1 trylock shared r → GOOD',
      'node1 list → r other shared locked lvb 0001020304050607, r node1 shared locked lvb 0001020304050607',
    ]);
  },
});
