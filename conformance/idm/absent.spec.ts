import { checkLockStory, conformanceTest, lockEvents, lockExchanges } from '../../harness/fixtures.js';

// IDM-16, IDM-22 (idm 5, 6.2): hosts compare all of the sense data, and take any other for EINVAL.
conformanceTest(import.meta.url, {
  title:
    'of a mutex that is not there the drive says so in the very bytes that hosts compare, and makes none',
  ids: ['IDM-16', 'IDM-22'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['refresh-creates', 'not-found-without-fru'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.unlock();
    await mine.refresh();
    await mine.break();
    await mine.destroy();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 unlock exclusive r → OOR'),
  expect: (history, check) => {
    const exact = [
      '700005000000000a00000000210001000000',
      `72052100000000140302000180${'0e'.padEnd(30, '0')}`,
    ];
    for (const exchange of lockExchanges(history, 'unlock', 'refresh', 'break', 'destroy')) {
      const sense = Buffer.from(exchange.answer?.sense ?? []).toString('hex');
      check(exact.includes(sense), {
        id: 'IDM-16',
        expected: `sense ${exact.join(' or ')}`,
        seen: `${exchange.line}, sense ${sense}`,
        events: exchange.events(),
      });
    }
    checkLockStory(history, check, [
      ['IDM-22', 'node1 unlock exclusive r → OOR'],
      ['IDM-22', 'node1 refresh exclusive r → OOR'],
      ['IDM-22', 'node1 break exclusive r → OOR'],
      ['IDM-22', 'node1 destroy exclusive r → OOR'],
      ['IDM-22', 'node1 list → nothing'],
    ]);
  },
});
