import { checkLockStory, conformanceTest, lockEvents } from '../../harness/fixtures.js';

// IDM-63, IDM-68 (idm 3.4): firmware of 2020 took it from the payload of the lock.
conformanceTest(import.meta.url, {
  title: 'a new mutex has a lock value of zero, whatever was there before',
  ids: ['IDM-63', 'IDM-68'],
  tier: 'full',
  underTest: 'drive',
  daemon: 'absent',
  mutants: ['lvb-of-payload', 'destroy-keeps-lvb'],
  drive: async (lab) => {
    const drives = await lab.lockDrives();
    const mine = await lab.mutex(drives, 'r');
    await mine.trylock({ lvb: '01020304050607' });
    await mine.list();
    await mine.unlock({ lvb: '05a1b2c3d4e5f6' });
    await mine.destroy();
    await mine.trylock();
    await mine.list();
    await mine.unlock({ lvb: '05a1b2c3d4e5f6' });
    await mine.wipe();
    await mine.trylock();
    await mine.list();
  },
  situation: (history) => lockEvents(history, 'node1 trylock exclusive r → GOOD'),
  expect: (history, check) => {
    checkLockStory(history, check, [
      'node1 trylock exclusive r → GOOD',
      ['IDM-63', 'node1 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
      'node1 destroy exclusive r → GOOD',
      'node1 trylock exclusive r → GOOD',
      ['IDM-68', 'node1 list → r node1 exclusive locked'],
      'node1 unlock exclusive r → GOOD',
      'node1 wipe → GOOD',
      'node1 trylock exclusive r → GOOD',
      ['IDM-68', 'node1 list → r node1 exclusive locked'],
    ]);
  },
});
