import { conformanceTest, sgExchanges } from '../../harness/fixtures.js';

/** Operation, length 200h in bytes 10-13, group 1. */
const write = (op: number): string => `f0${op}0 0000000000000000 00000200 0100`;

// IDM-01 (idm 2.1, 6.2): each operation is asked for where no other one would be answered and change things like it.
conformanceTest(import.meta.url, {
  title: 'a write of 512 bytes is the operation that the high nibble of byte 1 names',
  ids: ['IDM-01'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['destroy-not-known', 'write-length-in-blocks'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const raw = await lab.rawCommands(drives);
    await raw.write(write(1), { host: 'a' });
    await raw.write(write(1), { host: 'a' });
    await raw.write(write(5), { host: 'a', lease: 1000 });
    await raw.write(write(3), { host: 'b' });
    await drives.elapse(1001);
    await raw.write(write(6), { host: 'b' });
    await raw.write(write(4), { host: 'b' });
    await raw.write(write(2), { host: 'a' });
    await raw.write(write(2), { host: 'a' });
    await raw.write(write(4), { host: 'a' });
    await raw.write(write(7), { host: 'a' });
    await raw.write(write(7), { host: 'a' });
  },
  situation: (history) => sgExchanges(history, 0xf0).map(({ event }) => event),
  expect: (history, check) => {
    const wanted = [
      ...['1 → GOOD', '1 → RC', '5 → GOOD', '3 → RC', '6 → GOOD', '4 → GOOD'],
      ...['2 → GOOD', '2 → CT', '4 → GOOD', '7 → GOOD', '7 → OOR'],
    ];
    const seen = sgExchanges(history, 0xf0);
    for (const [index, line] of wanted.entries()) {
      const [op = '', answer = ''] = line.split(' → ');
      const exchange = seen[index];
      const holds = exchange?.line === `write ${write(Number(op)).replaceAll(' ', '')} → ${answer}`;
      const events = seen.slice(0, index + 1).map(({ event }) => event);
      check(holds, { expected: `operation ${line}`, seen: exchange?.line ?? 'no such command', events });
      if (!holds) return;
    }
  },
});
