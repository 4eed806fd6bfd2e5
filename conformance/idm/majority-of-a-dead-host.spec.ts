import { conformanceTest, lockEvents, powerCuts, votes } from '../../harness/fixtures.js';

const DRIVES = 3;
const LEASE_MS = 60_000;

// IDM-117 (idm 6.2, 9.4): managers break what a lock was refused for. Each drive decides by its own clock.
conformanceTest(import.meta.url, {
  title:
    'the majority of a host that lost its power goes to at most one other, and only when its leases ran out',
  ids: ['IDM-117'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  emulated: 'a node whose power is cut',
  mutants: ['lease-too-short', 'breaks-live-holders'],
  drive: async (lab) => {
    const drives = await lab.lockDrives({ count: DRIVES });
    const other = await lab.anotherNode();
    const mine = await lab.majorityLock(drives, 'r');
    await mine.lock({ lease: LEASE_MS });
    await drives.elapse(LEASE_MS - 1);
    const early = await other.majorityLock(drives, 'r');
    await early.break();
    const survivors = [await lab.powerCut(), other];
    await drives.elapse(2);
    const locks = await Promise.all(survivors.map((node) => node.majorityLock(drives, 'r')));
    await Promise.all(locks.map((lock) => lock.break()));
  },
  situation: (history) =>
    powerCuts(history).length > 0 ? lockEvents(history, 'node1 trylock exclusive r → GOOD') : [],
  expect: (history, check) => {
    for (const { granted, line, events } of votes(history)) {
      const late = [...granted].filter(([host]) => host !== 'node1').map(([, number]) => number);
      check(late.reduce((sum, number) => sum + number, 0) === DRIVES, {
        id: 'IDM-117',
        expected: `each of ${DRIVES} drives for one of the survivors`,
        seen: line,
        events,
      });
    }
  },
});
