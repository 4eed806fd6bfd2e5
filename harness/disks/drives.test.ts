import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { driveFile, Drives, initiatorName, NODE_OF_INITIATOR } from './drives.js';
import { TestInitiator } from './iscsi/testing/initiator.js';

async function login({ target, name }: Drives, node = 'node1'): Promise<TestInitiator> {
  return await TestInitiator.login(target.address, [
    ['InitiatorName', initiatorName(node)],
    ['TargetName', name],
    ['SessionType', 'Normal'],
    ['AuthMethod', 'None'],
  ]);
}

test('the end of drives waits for no answer that is withheld', async () => {
  const drives = await Drives.serve({ count: 1, chap: false });
  const initiator = await login(drives);
  drives.device.arm(0, { name: 'hangs', match: {}, does: { kind: 'hang' } });
  const answer = initiator.start({ cdb: Buffer.alloc(6) }).outcome;
  answer.catch(() => undefined);
  while (drives.device.withheldCount === 0) await new Promise((resolve) => setImmediate(resolve));
  await drives[Symbol.asyncDispose]();
  await initiator.end();
});

test('what is withheld can be let go, and the drives go on', async () => {
  await using drives = await Drives.serve({ count: 1, chap: false });
  const initiator = await login(drives);
  drives.device.arm(0, { name: 'hangs', match: {}, does: { kind: 'hang' } });
  initiator.start({ cdb: Buffer.alloc(6) }).outcome.catch(() => undefined);
  while (drives.device.withheldCount === 0) await new Promise((resolve) => setImmediate(resolve));
  drives.letGo();
  await initiator.end();
  await using again = await login(drives);
  assert.equal((await again.command({ cdb: Buffer.alloc(6) })).response.status, 2); // power on
  assert.equal((await again.command({ cdb: Buffer.alloc(6) })).response.status, 0);
});

test('drives differ in what hosts know them by, and those in files keep it', async () => {
  await using directory = await ownedTempDir('ulogcheck-drives-');
  const known = async (options: { directory?: string }): Promise<string[]> => {
    await using drives = await Drives.serve({ ...options, count: 3, bytes: 2 ** 20 });
    return [drives.name, ...drives.all.map(({ naa }) => naa)];
  };
  const [first, second] = [await known({}), await known({})];
  assert.equal(new Set([...first, ...second]).size, 8);
  const files = await known({ directory: directory.path });
  assert.deepEqual(await known({ directory: directory.path }), files);
  assert.equal(driveFile(directory.path, 2), join(directory.path, 'lun2.img'));
});

test('a node is known by the name of its initiator', () => {
  assert.equal(NODE_OF_INITIATOR.exec(initiatorName('node2'))?.[1], 'node2');
  assert.equal(NODE_OF_INITIATOR.exec('iqn.1993-08.org.debian:01:abc'), null);
});

test('drives on a unix socket are at no port', async () => {
  await using directory = await ownedTempDir('ulogcheck-drives-');
  await using drives = await Drives.serve({ count: 1, address: { path: join(directory.path, 'socket') } });
  assert.throws(() => drives.port, /not at a port/);
});
