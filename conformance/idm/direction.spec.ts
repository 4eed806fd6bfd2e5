import { conformanceTest, entriesOf, sgExchanges } from '../../harness/fixtures.js';

// IDM-04 (idm 2.3): byte 1 of each command looks like that of the other direction.
conformanceTest(import.meta.url, {
  title: 'the way that data goes tells a read from a write, and byte 1 does not',
  ids: ['IDM-04'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['direction-by-byte-1'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const raw = await lab.rawCommands(drives);
    await raw.write('f021 0000000000000000 00000200 0100', { host: 'a' });
    await raw.read('f020 0000000000000000 00000002 0100', 1024);
    await raw.dataless('f001 0000000000000000 00000000 0100');
  },
  situation: (history) => sgExchanges(history, 0xf0).map(({ event }) => event),
  expect: (history, check) => {
    const [write, read, dataless] = sgExchanges(history, 0xf0);
    const entries = entriesOf(read?.dataIn ?? Buffer.alloc(0));
    const listed = entries.map(({ resource, host, state }) => `${resource} ${host} ${state}`).join(', ');
    const events = [write, read].flatMap((exchange) => exchange?.event ?? []);
    check(write?.result === 'GOOD' && read?.result === 'GOOD' && listed === 'r a locked', {
      expected: 'a lock, and the list that has it',
      seen: `${write?.line ?? 'no write'}, ${read?.line ?? 'no read'}: ${listed || 'nothing'}`,
      events,
    });
    check(dataless?.result.startsWith('check') === true, {
      expected: 'CHECK CONDITION to a command without data',
      seen: dataless?.line ?? 'no such command',
      events: dataless === undefined ? [] : [dataless.event],
    });
  },
});
