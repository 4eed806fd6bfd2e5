import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DataBlock, reversed, STATE } from '../disks/idm/index.js';
import type { Inspected } from '../lab/real-drives/inspect.js';
import { driveProfileSchema } from '../plan/real-drive.js';
import { selectTests } from '../plan/select.js';
import { checkConsent, checkDistinct, describeDrives } from './drive-consent.js';
import { checkDriveOptions } from './drive-options.js';
import { driveRequest, hostKernels, suiteOfDrives } from './drive-plan.js';
import { loadSuite } from './suite.js';

function entry(state: bigint): DataBlock {
  const id = (name: string, bytes: number) => reversed(Buffer.concat([Buffer.from(name)], bytes));
  return {
    ...{ state, timeNow: 0n, countdown: 60_000n, lockClass: 0n, control: 0 },
    ...{ lvb: Buffer.alloc(7), metadata: Buffer.alloc(64) },
    resourceId: id('volume', 64),
    hostId: id('host-a', 32),
  };
}

function drive(path: string, entries: readonly DataBlock[], wwn = `naa.${path}`): Inspected {
  const who = { vendor: 'V', product: 'P', revision: 'R', serial: `S${path}`, version: 1 };
  return {
    drive: { path, ...who, wwn, profile: driveProfileSchema.parse({}) },
    count: entries.length,
    entries,
  };
}

const NO = { wipeMutexes: false, wipeLiveLocks: false };
const WIPE = { ...NO, wipeMutexes: true };
const BOTH = { wipeMutexes: true, wipeLiveLocks: true };
const ARGV = ['run', '--drive', '/dev/sg1', '-g', 'a b'];

describe('the consent to what a run does to drives', () => {
  test('is asked for, with the command that gives it', () => {
    const records = [drive('/dev/sg1', [entry(STATE.unlocked), entry(STATE.timeout)])];
    assert.throws(() => {
      checkConsent(records, NO, ARGV);
    }, /wipes the mutex table.*\n.*2 mutexes above are there to be lost.*Nothing was written.*\n.*'a b' --wipe-mutexes$/);
    checkConsent(records, WIPE, ARGV);
    checkConsent([drive('/dev/sg1', [])], WIPE, ARGV);
  });

  test('takes a second word for live locks, and for entries of which nobody can see whether they are', () => {
    for (const inUse of [
      drive('/dev/sg1', [entry(STATE.locked)]),
      drive('/dev/sg1', [entry(STATE.multipleLocked)]),
      drive('/dev/sg1', [entry(0x4711n)]),
      { ...drive('/dev/sg1', []), count: 300 },
    ]) {
      assert.throws(() => {
        checkConsent([inUse], NO, ARGV);
      }, /LIVE locks are on \/dev\/sg1[^]*--wipe-mutexes --wipe-live-locks$/);
      assert.throws(() => {
        checkConsent([drive('/dev/sg2', []), inUse], WIPE, ARGV);
      }, /--wipe-live-locks$/);
      checkConsent([inUse], BOTH, ARGV);
    }
  });

  test('rests on what is told of them', () => {
    assert.equal(
      describeDrives([drive('/dev/sg1', [entry(STATE.locked), entry(STATE.timeout)])]),
      [
        'drive  /dev/sg1  V P R',
        '       serial S/dev/sg1, naa./dev/sg1, IDM version 1',
        '       2 entries in its mutex table, 1 LIVE, of 1 hosts',
        '    LIVE      host host-a  exclusive volume  lease 60000 ms',
        '    expired   host host-a  exclusive volume  lease 60000 ms',
        '',
      ].join('\n'),
    );
  });
});

test('two paths to one drive are refused', () => {
  assert.throws(() => {
    checkDistinct([drive('/dev/sg1', [], 'naa.1'), drive('/dev/sg2', [], 'naa.1')]);
  }, /--drive \/dev\/sg2: is another path to the drive of \/dev\/sg1 \(naa\.1\)/);
  assert.throws(() => {
    checkDistinct([drive('/dev/sg1', []), drive('/dev/sg1', [])]);
  }, /is given twice/);
  checkDistinct([drive('/dev/sg1', []), drive('/dev/sg2', [])]);
});

test('options of VMs and of drives do not go together', () => {
  for (const name of ['kernel', 'daemon', 'resume', 'workers'])
    assert.throws(() => {
      checkDriveOptions({ drive: ['/dev/sg1'], [name]: 'x' });
    }, /Leave --\w+ out, or --drive/);
  assert.throws(() => {
    checkDriveOptions({ wipeMutexes: true });
  }, /--wipe-mutexes: is about real drives/);
  checkDriveOptions({ kernel: ['6.1'] });
  checkDriveOptions({ drive: ['/dev/sg1'], wipeMutexes: true, grep: ['x'] });
});

test('the kernel of this machine stands once for each drive', () => {
  const two = ['/dev/sg1', '/dev/sg2'].map((path) => drive(path, []).drive);
  const [only] = hostKernels(two.slice(0, 1));
  assert.equal(only?.label, only?.release);
  const labels = hostKernels(two).map(({ label }) => label);
  assert.equal(new Set(labels).size, 2);
  for (const label of labels) assert.match(label, /^[A-Za-z0-9][A-Za-z0-9.+~_-]*_S-dev-sg\d$/);
});

test('only tests of drives are run, one at a time, on each drive with the others beside it', async () => {
  const suite = suiteOfDrives(await loadSuite());
  assert.ok(suite.tests.length > 40);
  assert.ok(suite.catalogue.requirements.every(({ subject }) => subject === 'drive'));
  const drives = ['/dev/sg1', '/dev/sg2'].map((path) => drive(path, []).drive);
  const { plan } = driveRequest(drives, suite, selectTests(['idm/lease'], 'full', suite), {
    ...{ grep: ['idm/lease'], tier: 'full', strict: false, seed: 7, out: '/out', html: true },
    started: new Date(0),
  });
  assert.deepEqual(
    plan.runs.map(({ workers, realDrives = [], tests }) => [
      workers,
      realDrives.map(({ path }) => path),
      tests.map(({ ids }) => ids),
    ]),
    [
      [1, ['/dev/sg1', '/dev/sg2'], [['IDM-08', 'IDM-38']]],
      [1, ['/dev/sg2', '/dev/sg1'], [['IDM-08', 'IDM-38']]],
    ],
  );
  // What can be copied from a page agrees to no loss.
  assert.match(
    plan.runs[0]?.tests[0]?.again ?? '',
    / --drive \/dev\/sg1 --drive \/dev\/sg2 -g 'a lease [^']*' --seed 7$/,
  );
});
