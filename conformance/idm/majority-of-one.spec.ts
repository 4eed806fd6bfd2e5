import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-117 (idm 9.3): floor(1/2) + 1 is the only drive. Managers repeat a lock that is refused for five seconds.
conformanceTest(import.meta.url, {
  title: 'of one drive the holder has the majority, however often another host tries',
  ids: ['IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['gives-in', 'two-exclusive-holders', 'breaks-live-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.majorityLock(drives, 'r');
    const theirs = await other.majorityLock(drives, 'r');
    await mine.lock();
    for (let round = 1; round <= 4; round++) await theirs.lock();
    await theirs.break();
    await mine.unlock();
    await theirs.lock();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const refused = ['IDM-117', 'node2 trylock exclusive r → RC'] as const;
    checkLockStory(history, check, [
      ['IDM-117', 'node1 trylock exclusive r → GOOD'],
      ...[refused, refused, refused, refused],
      ['IDM-117', 'node2 break exclusive r → RC'],
      'node1 unlock exclusive r → GOOD',
      ['IDM-117', 'node2 trylock exclusive r → GOOD'],
    ]);
  },
});
