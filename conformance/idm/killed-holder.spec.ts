import { checkLockStory, conformanceTest, lockEvents, powerCuts } from '../../harness/fixtures.js';

// IDM-27, IDM-49 (idm 6.3): a host that lost its power cannot tell anybody; its lease does.
conformanceTest(import.meta.url, {
  title: 'the lock of a node that lost its power is there until its lease runs out and another one breaks it',
  ids: ['IDM-27', 'IDM-49'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'a node whose power is cut',
  mutants: ['expired-granted-without-break', 'break-for-holders-only'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lease: 60_000 });
    const survivor = await lab.powerCut();
    const theirs = await survivor.mutex(drives, 'r');
    await theirs.break();
    await drives.elapse(60_001);
    await theirs.trylock();
    await theirs.break();
    await theirs.list();
  },
  situation: (history) =>
    powerCuts(history).length > 0 ? lockEvents(history, 'node1 trylock exclusive r → GOOD') : [],
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node2 break exclusive r → RC',
      ['IDM-27', 'node2 trylock exclusive r → RC'],
      ['IDM-49', 'node2 break exclusive r → GOOD'],
      ['IDM-49', 'node2 list → r node2 exclusive locked'],
    ]);
  },
});
