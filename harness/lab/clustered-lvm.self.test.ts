import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import type { Lvm } from '../plan/lvm.js';
import { createDisks } from './disks.js';
import { openGolden } from './open-golden.js';
import { Node } from './node.js';
import { prepareSelfTest } from './self-test-scene.js';

// Which tables the two LVMs load, in nodes where the reference daemon runs.

const skip =
  process.env['ULOGCHECK_SLOW_TESTS'] === undefined &&
  'set ULOGCHECK_SLOW_TESTS=1 (fetches 100 MB and builds LVM for half a minute)';

/** What is found in a node after a mirror was made with this environment. */
interface Made {
  readonly table: string;
  /** What the kernel says of the mirror: the log's part ends it. */
  readonly status: string;
  readonly version: string;
}

async function make(lvm: Lvm, log: 'core' | 'disk', env: Readonly<Record<string, string>>): Promise<Made> {
  const { environment, reference: subject } = await prepareSelfTest('ready', { lvm });
  assert.equal(environment.lvm, lvm);
  await using directory = await ownedTempDir('ulogcheck-test-');
  await using node = await Node.restore({
    environment,
    images: subject,
    name: 'node1',
    directory: directory.path,
    golden: await openGolden(subject.golden.ready ?? assert.fail('not ready')),
    disks: await createDisks(directory.path, ['pv0', 'pv1', 'pv2']),
  });
  const succeed = async (command: string): Promise<string> => await node.session.succeed(command, { env });
  await succeed(`vgcreate -y vg ${node.disks.join(' ')}`);
  await succeed(`lvcreate -y --type mirror -m1 --mirrorlog ${log} -l 2 -n lv vg`);
  const table = await succeed('dmsetup table vg-lv');
  const status = await succeed('dmsetup status vg-lv');
  const version = await succeed('lvm version');
  await succeed('lvremove -y vg/lv');
  return { table: table.trim(), status: status.trim(), version };
}

const ASKING = { LVM_CLUSTERED_MIRROR: '1' };

describe('the LVM that was built again', { skip }, () => {
  let stock: Made;
  before(async () => {
    stock = await make('stock', 'core', ASKING);
  });

  test('the stock one has never heard of the variable', () => {
    assert.match(stock.table, /^0 \d+ mirror core /);
  });

  // Each further userland would cost 100 MB and a minute: `npm start -- -g lvm --lvm clustered --userland NAME`.
  test('asks for a clustered log when it is told to, and the daemon serves it', async () => {
    for (const log of ['core', 'disk'] as const) {
      const { table, status, version } = await make('clustered', log, ASKING);
      assert.match(table, new RegExp(`^0 \\d+ mirror userspace \\d LVM-\\w{64} clustered-${log} `));
      // COM_FAILURE would stand there if nobody served it.
      assert.match(status, new RegExp(`clustered-${log}`));
      assert.equal(version.split('\n')[0], stock.version.split('\n')[0]);
    }
  });

  test('asks for what the stock one does when it is not told to', async () => {
    assert.equal((await make('clustered', 'core', {})).table, stock.table);
  });
});
