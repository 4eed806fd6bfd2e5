/** Limits of the table (spec idm 6.4). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2023 } from './firmware.js';
import { TestDrive } from './testing/drive.js';
import { runSteps, wordFor } from './testing/steps.js';

void describe('limits of the table', () => {
  void it('IDM-60: the 129th entry, the 33rd host of the drive and the 33rd host of a mutex are refused', () => {
    const drive = () => new TestDrive(new MutexCommands(FIRMWARE_2023));
    const entries = drive();
    for (let n = 1; n <= 129; n += 1)
      assert.equal(wordFor(entries.op('trylock', { resource: `r${n}` })), n <= 128 ? 'GOOD' : '07/40');
    assert.equal(entries.count(), 128);
    const hosts = drive();
    for (let n = 1; n <= 33; n += 1) {
      const wish = { host: `H${n}`, resource: `r${n}` };
      assert.equal(wordFor(hosts.op('trylock', wish)), n <= 32 ? 'GOOD' : '07/41');
    }
    const sharers = drive();
    for (let n = 1; n <= 33; n += 1)
      assert.equal(wordFor(sharers.op('trylock', { host: `H${n}`, mode: 'sh' })), n <= 32 ? 'GOOD' : '07/42');
    assert.equal(sharers.count(), 32);
  });

  void it('room comes back with what is removed', () => {
    const limits = { entries: 1, hosts: 1, hostsOfMutex: 1 };
    const drive = new TestDrive(new MutexCommands({ ...FIRMWARE_2023, limits }));
    runSteps(drive, ['A trylock', 'A trylock on=s = 07/40', 'A unlock', 'B trylock = GOOD', 'B unlock']);
    runSteps(drive, ['A trylock on=s = 07/40', 'B destroy', 'A trylock on=s = GOOD']);
  });

  void it('a record is not taken over by a host that the drive has no room for', () => {
    const limits = { entries: 9, hosts: 2, hostsOfMutex: 2 };
    const drive = new TestDrive(new MutexCommands({ ...FIRMWARE_2023, limits }));
    runSteps(drive, [
      'A trylock',
      'A unlock',
      'A trylock on=s',
      'B trylock on=t',
      'C trylock = 07/41',
      'B trylock = GOOD',
    ]);
  });
});
