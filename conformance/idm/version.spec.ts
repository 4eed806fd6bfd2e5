import { conformanceTest, sgExchanges } from '../../harness/fixtures.js';

/** Where hosts look for the major version. */
const VERSION_AT = 0x60;

// IDM-14 (idm 4): hosts ask with room for 150 bytes, and believe whatever is in their buffer afterwards.
conformanceTest(import.meta.url, {
  title: 'VPD page C3h reaches to the major version, which is not 0',
  ids: ['IDM-14'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['version-page-short', 'version-elsewhere'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const raw = await lab.rawCommands(drives);
    await raw.read('1201 c300 7000', 150);
  },
  situation: (history) => sgExchanges(history, 0x12).map(({ event }) => event),
  expect: (history, check) => {
    for (const { result, dataIn, event } of sgExchanges(history, 0x12)) {
      const page = dataIn[1];
      const seen = `${result}, ${dataIn.length} bytes, page ${page?.toString(16) ?? 'none'}`;
      const holds = result === 'GOOD' && page === 0xc3 && dataIn.length > VERSION_AT;
      check(holds, { expected: 'at least 97 bytes of page c3', seen, events: [event] });
      const version = dataIn[VERSION_AT];
      check(version !== 0, { expected: 'a major version', seen: '0', events: [event] });
    }
  },
});
