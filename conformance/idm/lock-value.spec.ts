import { checkLockStory, conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-64, IDM-65, IDM-66 (idm 3.1, 3.4): byte 20h carries the control code, which costs the eighth byte.
conformanceTest(import.meta.url, {
  title: 'seven bytes of a lock value go from one node to the next, and stay through renewals and a break',
  ids: ['IDM-64', 'IDM-65', 'IDM-66'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lvb-lost', 'lvb-top-byte-kept', 'break-loses-lvb'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const other = await lab.anotherNode();
    const mine = await lab.mutex(drives, 'r');
    const theirs = await other.mutex(drives, 'r');
    await mine.trylock();
    await mine.unlock({ lvb: '05a1b2c3d4e5f6' });
    await theirs.trylock({ lease: 60_000 });
    await theirs.list();
    await theirs.refresh({ lease: 60_000 });
    await theirs.list();
    await drives.elapse(60_001);
    await mine.break();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node2 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    for (const exchange of lockExchanges(history, 'read')) {
      const top = exchange.entries.map(({ lvb }) => lvb.slice(0, 2)).join();
      check(top === '00', { id: 'IDM-65', expected: 'byte 20h is 00', seen: top, events: exchange.events() });
    }
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      'node1 unlock exclusive r → GOOD',
      'node2 trylock exclusive r → GOOD',
      ['IDM-64', 'node2 list → r node2 exclusive locked lvb 0005a1b2c3d4e5f6'],
      ['IDM-66', 'node2 refresh exclusive r → GOOD'],
      ['IDM-66', 'node2 list → r node2 exclusive locked lvb 0005a1b2c3d4e5f6'],
      ['IDM-66', 'node1 break exclusive r → GOOD'],
      ['IDM-66', 'node1 list → r node1 exclusive locked lvb 0005a1b2c3d4e5f6'],
    ]);
  },
});
