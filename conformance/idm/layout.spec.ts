import { conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-05, IDM-06, IDM-07 (idm 3)
conformanceTest(import.meta.url, {
  title: 'an entry gives back what the host sent, each field in its place',
  ids: ['IDM-05', 'IDM-06', 'IDM-07'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['countdown-little-endian', 'resource-not-reversed', 'host-not-reversed', 'metadata-lost'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ mode: 'shared', lease: 60_000 });
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock shared r → GOOD'),
  expect: (history, check) => {
    const [lock, list] = lockExchanges(history);
    const block = Buffer.from(list?.answer?.dataIn ?? []);
    const number = (value: bigint | number = 0): string => value.toString(16).padStart(16, '0');
    const hex = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString('hex');
    const call = lock?.call;
    for (const [id, what, from, wanted] of [
      ['IDM-05', 'state', 0x00, number(0x101)],
      ['IDM-05', 'host time', 0x08, number(call?.timeNow)],
      ['IDM-05', 'countdown', 0x10, number(call?.countdown)],
      ['IDM-05', 'class', 0x18, number(2)],
      ['IDM-06', 'resource id', 0x40, hex(call?.resource)],
      ['IDM-07', 'metadata', 0x80, hex(call?.metadata)],
      ['IDM-06', 'host id', 0xc0, hex(call?.host)],
    ] as const) {
      const seen = block.toString('hex', from, from + wanted.length / 2);
      const events = [...(lock?.events() ?? []), ...(list?.events() ?? [])];
      check(seen === wanted, { id, expected: `${what} ${wanted}`, seen, events });
    }
  },
});
