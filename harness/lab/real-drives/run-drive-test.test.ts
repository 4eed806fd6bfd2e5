import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DRIVE_MUTANTS } from '../../disks/idm/index.js';
import type { ConformanceTest } from '../../plan/definition.js';
import { discoverTests } from '../../plan/discover.js';
import { driveProfileSchema, type RealDrive } from '../../plan/real-drive.js';
import type { TestOutcome } from '../../results/model.js';
import { ownedTempDir } from '../../setup/owned.mjs';
import type { DriveLab } from '../drives/drive-lab.js';
import { identify } from './identify.js';
import { readMutexes } from './mutex-list.js';
import { SgDevice } from '../drives/sg-device.js';
import { runDriveTest } from './run-drive-test.js';
import { type StandIn, StandInDrives } from './testing/stand-in-drives.js';

const PROFILE = driveProfileSchema.parse({});

async function driveOf(standIns: StandInDrives, path: string): Promise<RealDrive> {
  await using device = await SgDevice.open(standIns, path);
  await device.untilReady();
  return { ...(await identify(device, false)), profile: PROFILE };
}

describe('tests of drives on drives of this machine', () => {
  let tests: readonly ConformanceTest<DriveLab>[];
  let directory: Awaited<ReturnType<typeof ownedTempDir>>;
  let runs = 0;

  before(async () => {
    directory = await ownedTempDir('ulogcheck-real-drives-');
    tests = (await discoverTests()).filter(({ underTest }) => underTest === 'drive');
  });
  after(async () => {
    await directory[Symbol.asyncDispose]();
  });

  const on = async (standIn: StandIn, one: ConformanceTest<DriveLab>): Promise<TestOutcome> => {
    const programs = new StandInDrives({ '/dev/sg7': standIn, '/dev/sg8': standIn, '/dev/sg9': standIn });
    return await runDriveTest({
      test: one,
      drives: await Promise.all(['/dev/sg7', '/dev/sg8', '/dev/sg9'].map((path) => driveOf(programs, path))),
      kernel: { label: '6.1.0', release: '6.1.0' },
      seed: 1,
      directory: join(directory.path, String(runs++)),
      programs,
      time: programs.time,
    });
  };

  test('all that apply pass on a good drive, and the others say what they need', async () => {
    const outcomes = await Promise.all(tests.map(async (one) => ({ one, outcome: await on({}, one) })));
    for (const { one, outcome } of outcomes) {
      const expected = one.emulated === undefined ? 'pass' : 'not-applicable';
      for (const { id, verdict, reason } of outcome.judgements)
        assert.equal(verdict, expected, `${one.title}: ${id}: ${reason}`);
    }
    const [without] = outcomes.filter(({ one }) => one.emulated !== undefined);
    assert.match(
      without?.outcome.judgements[0]?.reason ?? '',
      /as they are, without VMs, and the test needs (a|drives)/,
    );
  });

  test('a test that names a broken drive does not pass on it', async () => {
    const survivors: string[] = [];
    for (const one of tests.filter(({ emulated }) => emulated === undefined)) {
      for (const name of one.mutants) {
        const mutant = DRIVE_MUTANTS.find((candidate) => candidate.name === name);
        const { judgements } = await on({ mutexes: mutant?.create ?? null }, one);
        if (judgements.some(({ verdict }) => verdict === 'fail')) continue;
        // It keeps no lock, so that nothing is ever refused: a path that makes a success of all refusals looks the same.
        if (name === 'lock-forgotten' && judgements.every(({ verdict }) => verdict === 'infra')) continue;
        survivors.push(
          `${name}, in "${one.title}": ${judgements.map(({ verdict, reason }) => `${verdict} ${reason}`).join()}`,
        );
      }
    }
    assert.deepEqual(survivors, []);
  });

  test('a path that makes a success of status 22h, and a machine that is too slow, are no fault of the drive', async () => {
    const [lease] = tests.filter(({ file }) => file.endsWith('/lease.spec.ts'));
    assert.ok(lease);
    const garbled = await on({ arrives: (status) => (status === 0x22 ? 0x00 : status) }, lease);
    const slow = await on({ slowness: 200 }, lease);
    for (const [{ judgements }, why] of [
      [garbled, /none of \d+ mutex commands arrived as commandTerminated/],
      [slow, /too slow: read was answered \d+ ms after node1 got a lease of 3000 ms .* leases\.factor/],
    ] as const) {
      assert.ok(judgements.every(({ verdict }) => verdict === 'infra'));
      assert.match(judgements[0]?.reason ?? '', why);
    }
  });

  test('nothing stays in a drive, and a drive that took the place of another is not touched', async () => {
    const [exclusive] = tests.filter(({ file }) => file.endsWith('/exclusive.spec.ts'));
    assert.ok(exclusive);
    const programs = new StandInDrives({ '/dev/sg7': {}, '/dev/sg8': { serial: 'OTHER' } });
    const drive = await driveOf(programs, '/dev/sg7');
    const run = {
      ...{ test: exclusive, kernel: { label: 'k', release: 'k' }, seed: 1, programs, time: programs.time },
      directory: join(directory.path, 'left'),
    };
    const outcome = await runDriveTest({ ...run, drives: [drive] });
    assert.deepEqual(
      outcome.judgements.map(({ verdict }) => verdict),
      ['pass'],
    );
    await using device = await SgDevice.open(programs, '/dev/sg7');
    assert.equal((await readMutexes(device)).count, 0);
    const before = programs.opcodes.length;
    const swapped = await runDriveTest({ ...run, drives: [{ ...drive, path: '/dev/sg8' }] });
    assert.match(
      swapped.judgements[0]?.reason ?? '',
      /another drive than when the run began .* nothing was written/,
    );
    assert.ok(!programs.opcodes.slice(before).includes(0xf0));
  });
});
