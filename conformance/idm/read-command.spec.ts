import { conformanceTest, entriesOf, sgExchanges } from '../../harness/fixtures.js';

// IDM-02 (idm 2.2, 6.5)
conformanceTest(import.meta.url, {
  title: 'a read gives the entries of the group that byte 14 names, and of no other',
  ids: ['IDM-02'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['reads-all-groups'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const raw = await lab.rawCommands(drives);
    await raw.write('f020 0000000000000000 00000200 0100', { host: 'a', resource: 'one' });
    await raw.write('f020 0000000000000000 00000200 0200', { host: 'b', resource: 'two' });
    await raw.read('f001 0000000000000000 00000003 0100', 3 * 512);
    await raw.read('f001 0000000000000000 00000003 0200', 3 * 512);
  },
  situation: (history) => {
    const locked = sgExchanges(history, 0xf0).filter(({ line }) => line.startsWith('write'));
    return locked.every(({ result }) => result === 'GOOD') ? locked.map(({ event }) => event) : [];
  },
  expect: (history, check) => {
    const reads = sgExchanges(history, 0xf0).filter(({ line }) => line.startsWith('read'));
    for (const [index, expected] of ['one by a', 'two by b'].entries()) {
      const exchange = reads[index];
      const entries = entriesOf(exchange?.dataIn ?? Buffer.alloc(0));
      const listed = entries.map(({ resource, host }) => `${resource} by ${host}`).join(', ');
      check(exchange?.result === 'GOOD' && listed === expected, {
        expected: `group ${index + 1}: ${expected}`,
        seen: `${exchange?.line ?? 'no such command'}: ${listed || 'nothing'}`,
        events: exchange === undefined ? [] : [exchange.event],
      });
    }
  },
});
