import {
  checkLockStory,
  conformanceTest,
  driveLimits,
  lockEvents,
  lockExchanges,
} from '../../harness/fixtures.js';

// IDM-17, IDM-60 (idm 5, 6.4): or for as many as the profile of a real drive says (docs/real-drives.md). Hosts make room by removing the mutex that was used least recently.
conformanceTest(import.meta.url, {
  title:
    'a drive has room for 128 entries, 32 hosts, and 32 hosts of one mutex, and says which of these is full',
  ids: ['IDM-17', 'IDM-60'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['one-entry-too-many', 'one-entry-too-few', 'full-without-fru'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const { limits } = drives;
    const mine = await lab.mutex(drives, 'r');
    for (let n = 1; n <= limits.entries + 1; n++) await mine.other(`r${n}`).trylock();
    await mine.wipe();
    for (let n = 1; n <= limits.hosts + 1; n++) await mine.other(`r${n}`).as(`host${n}`).trylock();
    await mine.wipe();
    for (let n = 1; n <= limits.hostsOfMutex + 1; n++) await mine.as(`host${n}`).trylock({ mode: 'shared' });
    await mine.count();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r1 → GOOD'),
  expect: (history, check) => {
    const { entries, hosts, hostsOfMutex } = driveLimits(history);
    const full = lockExchanges(history).filter(({ answer }) => answer?.status === 0x02);
    for (const exchange of full) {
      const sense = Buffer.from(exchange.answer?.sense ?? []).toString('hex');
      check(/^700007000000000a000000004[012]0001000000$|^72074[012]000000001403020001800e0000/.test(sense), {
        id: 'IDM-17',
        expected: 'the sense of a full table, with key 7 and FRU 1',
        seen: `${exchange.line}, sense ${sense}`,
        events: exchange.events(),
      });
    }
    const granted = (line: (n: number) => string, count: number): [string, string][] =>
      Array.from({ length: count }, (_unused, n) => ['IDM-60', `${line(n + 1)} → GOOD`]);
    checkLockStory(history, check, [
      ...granted((n) => `node1 trylock exclusive r${n}`, entries),
      ['IDM-60', `node1 trylock exclusive r${entries + 1} → full 40`],
      'node1 wipe → GOOD',
      ...granted((n) => `host${n} trylock exclusive r${n}`, hosts),
      ['IDM-60', `host${hosts + 1} trylock exclusive r${hosts + 1} → full 41`],
      'node1 wipe → GOOD',
      ...granted((n) => `host${n} trylock shared r`, hostsOfMutex),
      ['IDM-60', `host${hostsOfMutex + 1} trylock shared r → full 42`],
      ['IDM-60', `node1 count → ${hostsOfMutex}`],
    ]);
  },
});
