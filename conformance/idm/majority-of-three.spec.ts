import { checkVotes, conformanceTest, votes } from '../../harness/fixtures.js';

const DRIVES = 3;
const ROUNDS = 8;

// IDM-117 (idm 9.3): floor(3/2) + 1 are two. Who wins a round is nobody's business, and it may be nobody.
conformanceTest(import.meta.url, {
  title: 'of three drives at most one of three hosts that try at the same time gets the majority',
  ids: ['IDM-117', 'IDM-62'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['two-exclusive-holders', 'gives-in', 'not-atomic'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ count: DRIVES });
    const labs = [lab, await lab.anotherNode(), await lab.anotherNode()];
    for (let round = 1; round <= ROUNDS; round++) {
      const locks = await Promise.all(labs.map((node) => node.majorityLock(drives, `r${round}`)));
      await Promise.all(locks.map((lock) => lock.vote()));
      // Whoever has no majority goes on trying, as managers do.
      for (let more = 1; more <= 3; more++)
        await Promise.all(locks.map(async (lock) => lock.isHeld || (await lock.vote())));
      await Promise.all(locks.map((lock) => lock.unlock()));
    }
  },
  situation: (history) =>
    votes(history).flatMap(({ granted, events }) =>
      [...granted.values()].some((number) => number > DRIVES / 2) ? events : [],
    ),
  expect: (history, check) => {
    checkVotes(history, check, 'IDM-117', DRIVES);
    checkVotes(history, check, 'IDM-62', DRIVES);
  },
});
