import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-117 (idm 9.3): floor(2/2) + 1 are both drives.
conformanceTest(import.meta.url, {
  title: 'of two drives half is no majority: hosts that got one each keep each other out until one gives way',
  ids: ['IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['gives-in', 'two-exclusive-holders', 'breaks-live-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ count: 2 });
    const other = await lab.anotherNode();
    const mine = await lab.majorityLock(drives, 'r');
    const theirs = await other.majorityLock(drives, 'r');
    const [myFirst] = mine.mutexes;
    await myFirst?.trylock();
    await theirs.vote();
    for (let round = 1; round <= 3; round++) await theirs.vote();
    await theirs.break();
    await theirs.unlock();
    await mine.mutexes[1]?.trylock();
    await theirs.lock();
  },
  situation: (history) =>
    lockEvents(history, 'node1 trylock exclusive r → GOOD', 'node2 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const refused = ['IDM-117', 'node2 trylock exclusive r → RC'] as const;
    checkLockStory(history, check, [
      ['IDM-117', 'node1 trylock exclusive r → GOOD'],
      refused,
      ['IDM-117', 'node2 trylock exclusive r → GOOD'],
      ...[refused, refused, refused],
      ['IDM-117', 'node2 break exclusive r → RC'],
      'node2 unlock exclusive r → GOOD',
      ['IDM-117', 'node1 trylock exclusive r → GOOD'],
      ...[refused, refused],
    ]);
  },
});
