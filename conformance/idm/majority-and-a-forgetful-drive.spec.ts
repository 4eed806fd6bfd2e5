import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-117 (idm 1, 9.3): mutexes are volatile. Of one drive that is too much; of three it is a vote that another host gets.
conformanceTest(import.meta.url, {
  title: 'of three drives one that loses its table to a power cut gives no other host the majority',
  ids: ['IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'a drive whose power is cut',
  mutants: ['two-exclusive-holders', 'gives-in', 'breaks-live-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ count: 3 });
    const other = await lab.anotherNode();
    const mine = await lab.majorityLock(drives, 'r');
    const theirs = await other.majorityLock(drives, 'r');
    await mine.lock();
    drives.powerCut(2);
    await Promise.all([mine.untilReady(), theirs.untilReady()]);
    for (let round = 1; round <= 4; round++) await theirs.vote();
    await theirs.break();
    await theirs.unlock();
    await mine.mutexes[2]?.trylock();
  },
  situation: (history) =>
    history.diskEvents().some(({ kind }) => kind === 'disk-power-cut')
      ? lockEvents(history, 'node1 trylock exclusive r → GOOD', 'node2 trylock exclusive r → GOOD')
      : [],
  expect: (history, check) => {
    const tries = (host: string, ...results: readonly string[]): [string, string][] =>
      results.map((result) => ['IDM-117', `${host} trylock exclusive r → ${result}`]);
    checkLockStory(history, check, [
      ...tries('node1', 'GOOD', 'GOOD', 'GOOD'),
      ...tries('node2', 'RC', 'RC', 'GOOD'),
      ...[2, 3, 4].flatMap(() => tries('node2', 'RC', 'RC')),
      ['IDM-117', 'node2 break exclusive r → RC'],
      ['IDM-117', 'node2 break exclusive r → RC'],
      'node2 unlock exclusive r → GOOD',
      ...tries('node1', 'GOOD'),
    ]);
  },
});
