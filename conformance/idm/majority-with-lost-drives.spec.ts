import { checkLockStory, conformanceTest, lockExchanges } from '../../harness/fixtures.js';

// IDM-117 (idm 9.3): a drive that answers nothing useful gives no vote, and takes none.
conformanceTest(import.meta.url, {
  title: 'of three drives one that is broken does not matter, and with two of them nobody gets the majority',
  ids: ['IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'drives that break down',
  mutants: ['two-exclusive-holders', 'breaks-live-holders', 'gives-in'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ count: 3 });
    const other = await lab.anotherNode();
    const mine = await lab.majorityLock(drives, 'r');
    const theirs = await other.majorityLock(drives, 'r');
    const repair = drives.breakDown(0);
    await mine.lock();
    for (let round = 1; round <= 3; round++) await theirs.lock();
    await theirs.break();
    await mine.unlock();
    await theirs.lock();
    await theirs.unlock();
    drives.breakDown(1);
    await mine.lock();
    await theirs.lock();
    repair();
    await mine.lock();
  },
  situation: (history) =>
    lockExchanges(history, 'trylock')
      .filter(({ result }) => result === 'check 44')
      .flatMap((exchange) => exchange.events()),
  expect: (history, check) => {
    const tries = (host: string, ...results: readonly string[]): [string, string][] =>
      results.map((result) => ['IDM-117', `${host} trylock exclusive r → ${result}`]);
    const unlocks = (host: string, count: number): string[] =>
      Array.from({ length: count }, () => `${host} unlock exclusive r → GOOD`);
    checkLockStory(history, check, [
      ...tries('node1', 'check 44', 'GOOD', 'GOOD'),
      ...[1, 2, 3].flatMap(() => tries('node2', 'check 44', 'RC', 'RC')),
      ...['check 44', 'RC', 'RC'].map((result): [string, string] => [
        'IDM-117',
        `node2 break exclusive r → ${result}`,
      ]),
      ...unlocks('node1', 2),
      ...tries('node2', 'check 44', 'GOOD', 'GOOD'),
      ...unlocks('node2', 2),
      ...tries('node1', 'check 44', 'check 44', 'GOOD'),
      ...unlocks('node1', 1),
      ...tries('node2', 'check 44', 'check 44', 'GOOD'),
      ...unlocks('node2', 1),
      ...tries('node1', 'GOOD', 'check 44', 'GOOD'),
    ]);
  },
});
