import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRMWARE_2020 } from '../../disks/idm/index.js';
import { driveProfileSchema } from '../../plan/real-drive.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import { Mutex } from '../drives/mutex.js';
import { SgDevice } from '../drives/sg-device.js';
import { checkDeviceFile } from './device-file.js';
import { DriveRefused } from './identify.js';
import { inspectDrive, leaveEmpty } from './inspect.js';
import { isLive } from './mutex-list.js';
import { StandInDrives } from './testing/stand-in-drives.js';

const PROFILE = driveProfileSchema.parse({});
const MUTEX_OPCODE = 0xf0;

/** A lock that somebody holds. */
async function hold(programs: StandInDrives, path: string, lease: number): Promise<void> {
  const device = await SgDevice.open(programs, path);
  await device.untilReady();
  let call = 0;
  const site = {
    ...{ device, drive: 'D', node: 'n' },
    nextCall: () => call++,
    record: () => undefined,
    now: () => 0n,
    wallClock: () => 0n,
  };
  await new Mutex(site, 'volume', 'a-host').trylock({ lease });
}

describe('the look at a drive', () => {
  test('tells who it is and what it holds, and changes nothing', async () => {
    const programs = new StandInDrives({ '/dev/sg1': { serial: 'S1' } });
    await hold(programs, '/dev/sg1', 60_000);
    const { drive, count, entries } = await inspectDrive('/dev/sg1', PROFILE, programs);
    assert.deepEqual(
      [drive.path, drive.vendor, drive.product, drive.revision, drive.serial, drive.version, count],
      ['/dev/sg1', 'ULOGCHK', 'EMULATED DISK', '0001', 'S1', 1, 1],
    );
    assert.match(drive.wwn, /^naa\.[0-9a-f]{16}$/);
    assert.deepEqual(entries.map(isLive), [true]);
    const again = await inspectDrive('/dev/sg1', PROFILE, programs);
    assert.deepEqual(again.entries, entries);
    programs.clock.advance(60_001_000_000n);
    const later = await inspectDrive('/dev/sg1', PROFILE, programs);
    assert.deepEqual(later.entries.map(isLive), [false]);
    await leaveEmpty('/dev/sg1', programs);
    assert.equal((await inspectDrive('/dev/sg1', PROFILE, programs)).count, 0);
  });

  test('a device without the version page is asked for no mutex, unless its owner says so', async () => {
    const programs = new StandInDrives({ '/dev/sg1': { mutexes: null } });
    await assert.rejects(
      inspectDrive('/dev/sg1', PROFILE, programs),
      (error) => error instanceof DriveRefused && /no VPD page C3h.*Nothing was written/.test(error.message),
    );
    assert.ok(!programs.opcodes.includes(MUTEX_OPCODE));
    await assert.rejects(
      inspectDrive('/dev/sg1', { ...PROFILE, versionPage: false }, programs),
      (error) =>
        error instanceof DriveRefused && /answers a mutex inquiry with checkCondition/.test(error.message),
    );
  });

  test('drives of 2020 are looked at too', async () => {
    const programs = new StandInDrives({ '/dev/sg1': { firmware: FIRMWARE_2020 } });
    await hold(programs, '/dev/sg1', 60_000);
    assert.equal((await inspectDrive('/dev/sg1', PROFILE, programs)).entries.length, 1);
  });
});

test('what is no SCSI generic device is refused by what it is', async () => {
  await using directory = await ownedTempDir('ulogcheck-device-');
  for (const [path, why] of [
    [`${directory.path}/none`, /there is no such device.*modprobe sg/],
    [directory.path, /is no device/],
    ['/dev/null', /is no SCSI generic device/],
  ] as const) {
    await assert.rejects(
      checkDeviceFile(path),
      (error) => error instanceof DriveRefused && why.test(error.message),
    );
  }
});
