/** Assertions 13.4 of spec idm: the lock value block. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import { nameOf, TestDrive } from './testing/drive.js';
import { runSteps } from './testing/steps.js';

const ZERO = '00'.repeat(8);
const desk = (switches: Partial<Firmware> = {}) =>
  new TestDrive(new MutexCommands({ ...FIRMWARE_2023, ...switches }));

/** Wire bytes 20h-27h of each entry, by host. */
function lvbs(drive: TestDrive): Record<string, string> {
  return Object.fromEntries(
    drive
      .entries()
      .map(({ hostId, control, lvb }) => [nameOf(hostId), Buffer.from([control, ...lvb]).toString('hex')]),
  );
}

void describe('LVB', () => {
  void it('IDM-63: a new mutex has zeros', () => {
    const drive = desk();
    runSteps(drive, ['A trylock lvb=11121314151617']);
    assert.deepEqual(lvbs(drive), { A: ZERO });
  });

  void it('IDM-64: UNLOCK with code 1 stores seven bytes for the next holder, same host or other', () => {
    for (const next of ['A', 'B']) {
      const drive = desk();
      runSteps(drive, ['A trylock', 'A unlock lvb=05a1b2c3d4e5f6', `${next} trylock = GOOD`]);
      assert.deepEqual(lvbs(drive), { [next]: '0005a1b2c3d4e5f6' });
    }
  });

  void it('IDM-65: wire byte 20h reads 0 whatever the code was', () => {
    for (const control of [1, 2]) {
      const drive = desk();
      runSteps(drive, ['A trylock', `A unlock control=${control} lvb=11121314151617`]);
      assert.deepEqual(lvbs(drive), { A: '0011121314151617' });
    }
  });

  void it('IDM-66: TRYLOCK, REFRESH and BREAK with code 0 leave it alone', () => {
    const drive = desk();
    runSteps(drive, ['A trylock', 'A unlock lvb=11121314151617', 'A trylock lvb=ffffffffffffff lease=10']);
    runSteps(drive, [
      'A refresh sh lvb=ffffffffffffff lease=10',
      'wait 11',
      'B break lvb=ffffffffffffff = GOOD',
    ]);
    assert.deepEqual(lvbs(drive), { B: '0011121314151617' });
  });

  void it('codes 0, 3 and unknown ones at UNLOCK: keep, clear, keep (spec idm 3.4)', () => {
    const after = (control: number) => {
      const drive = desk();
      runSteps(drive, ['A trylock', 'A unlock lvb=11121314151617', 'A trylock']);
      runSteps(drive, [`A unlock control=${control} lvb=ffffffffffffff`]);
      return lvbs(drive)['A'];
    };
    assert.deepEqual([0, 3, 4].map(after), ['0011121314151617', ZERO, '0011121314151617']);
  });

  void it('an expired holder that unlocks stores its value', () => {
    const drive = desk();
    runSteps(drive, ['A trylock lease=10', 'wait 11', 'A unlock lvb=11121314151617 = GOOD']);
    assert.deepEqual(lvbs(drive), { A: '0011121314151617' });
  });

  void it('IDM-67: each sharer finds it in its own entry', () => {
    const drive = desk();
    runSteps(drive, ['A trylock', 'A unlock lvb=11121314151617', 'A trylock sh', 'B trylock sh']);
    assert.deepEqual(lvbs(drive), { A: '0011121314151617', B: '0011121314151617' });
  });

  void it('IDM-68: DESTROY and wipe reset it', () => {
    for (const end of ['A destroy', 'wipe']) {
      const drive = desk();
      runSteps(drive, ['A trylock', 'A unlock lvb=11121314151617', end, 'A trylock = GOOD']);
      assert.deepEqual(lvbs(drive), { A: ZERO });
    }
  });

  void it('the last shared UNLOCK loses it with the mutex (spec idm 6.2)', () => {
    const drive = desk();
    runSteps(drive, ['A trylock sh', 'A unlock sh lvb=11121314151617', 'A trylock']);
    assert.deepEqual(lvbs(drive), { A: ZERO });
    const keeping = desk({ keepLastShared: true });
    runSteps(keeping, ['A trylock sh', 'A unlock sh lvb=11121314151617', 'A trylock']);
    assert.deepEqual(lvbs(keeping), { A: '0011121314151617' });
  });

  void it('lvbCopiedAtLock: 2020 firmware took the payload when a mutex became locked, and only then', () => {
    const drive = desk({ lvbCopiedAtLock: true });
    runSteps(drive, ['A trylock lvb=11121314151617', 'A refresh lvb=ffffffffffffff']);
    assert.deepEqual(lvbs(drive), { A: '0011121314151617' });
    runSteps(drive, ['A unlock control=0', 'B trylock lvb=21222324252627']);
    assert.deepEqual(lvbs(drive), { B: '0021222324252627' });
  });
});
