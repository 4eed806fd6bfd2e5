import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lvmVersion } from '../../vm-images/index.js';
import { USERLANDS } from '../../vm-images/userlands.js';
import { Cache } from '../cache/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { createDisks } from './disks.js';
import { openGolden } from './open-golden.js';
import { Node } from './node.js';
import { prepareSelfTest } from './self-test-scene.js';

// The other tests are about the default userland; each further one costs 40 MB and three boots.

const slow = process.env['ULOGCHECK_SLOW_TESTS'] === undefined;
const skip = slow && 'set ULOGCHECK_SLOW_TESTS=1 (fetches 80 MB)';

/** LVM's own settings and commands, in a node with one disk: the first of those that every node is booted with. */
const WITH_LVM = [
  'lvmconfig --validate',
  'pvcreate /dev/sda',
  'vgcreate vg /dev/sda',
  'lvcreate --extents 2 --name lv vg',
  'lvs --noheadings --options lv_name,lv_size --units s',
];

describe('userlands', { skip }, () => {
  test('the mirror has the packages of each, and their LVM is 2.03.11 or newer', async () => {
    const cache = await Cache.open();
    for (const userland of USERLANDS.keys()) {
      const [, patch] = /^2\.03\.(\d+)$/.exec(await lvmVersion({ cache, userland })) ?? [];
      assert.ok(Number(patch) >= 11, userland);
    }
  });

  test('a node of the oldest one is entered, renewed, and runs the LVM that the results will name', async () => {
    const [userland = ''] = USERLANDS.keys();
    const { prepared, environment } = await prepareSelfTest('booted', { userland });
    await using directory = await ownedTempDir('ulogcheck-test-');
    await using node = await Node.restore({
      environment,
      images: environment.plain,
      name: 'old',
      directory: directory.path,
      golden: await openGolden(environment.plain.golden.booted ?? assert.fail('not booted')),
      disks: await createDisks(directory.path, ['leg0']),
    });
    const { session } = node;
    assert.equal(await session.succeed('hostname'), 'old\n');
    assert.match(await session.succeed('cat /etc/os-release'), new RegExp(`VERSION_CODENAME=${userland}\n`));
    assert.deepEqual(node.disks, ['/dev/sda']);
    assert.match(
      await session.succeed('lvm version'),
      new RegExp(`LVM version: +${prepared.lvmVersion.replaceAll('.', '\\.')}\\(`),
    );
    const { status, stdout, stderr } = await session.run(WITH_LVM.join(' && '));
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^ +lv +16384S$/m);
  });
});
