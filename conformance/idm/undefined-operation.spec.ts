import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-15 (idm 2.1, 5)
conformanceTest(import.meta.url, {
  title: 'an operation that there is none of is refused, and changes nothing',
  ids: ['IDM-15'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['unknown-op-is-good'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock();
    await mine.undefinedOperation(9);
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    const [undefinedOne] = lockExchanges(history, 'undefined');
    check(undefinedOne?.answer?.status === 0x02, {
      expected: 'CHECK CONDITION to operation 9',
      seen: undefinedOne?.line ?? 'no such call',
      events: undefinedOne?.events() ?? [],
    });
    const [list] = lockExchanges(history, 'read');
    check(list?.line === 'node1 list → r node1 exclusive locked', {
      expected: 'the lock is as it was',
      seen: list?.line ?? 'no such call',
      events: list?.events() ?? [],
    });
  },
});
