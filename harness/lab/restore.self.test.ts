import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ownedTempDir } from '../setup/owned.mjs';
import { createDisks } from './disks.js';
import type { RunEnvironment, SubjectEnvironment } from './environment.js';
import { openGolden } from './open-golden.js';
import { Node } from './node.js';
import { prepareSelfTest } from './self-test-scene.js';

// Copies of a golden node: what they must not have in common, and what they share on purpose.

let environment: RunEnvironment;
let subject: SubjectEnvironment;

before(async () => {
  ({ environment, reference: subject } = await prepareSelfTest('ready'));
});

/** What tells one node from another. Not boot_id: it is drawn when it is first read, which the daemon did. */
const IDENTITY = [
  'hostname',
  'cat /etc/machine-id',
  'cat /sys/class/net/eth0/address',
  'head -c 16 /dev/urandom | od -An -tx1',
].join('; ');

test('restored nodes are nodes of their own, at the time of day, and share the disks that they are given', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const disks = await createDisks(directory.path, ['shared0', 'shared1']);
  const golden = await openGolden(subject.golden.ready ?? assert.fail('not ready'));
  const restore = async (name: string): Promise<Node> => {
    await mkdir(join(directory.path, name));
    return await Node.restore({
      environment,
      images: subject,
      name,
      directory: join(directory.path, name),
      golden,
      disks,
    });
  };
  // One after the other, so that each is disposed of whatever becomes of the next.
  await using one = await restore('one');
  await using two = await restore('two');
  await using three = await restore('three');
  const nodes = [one, two, three];
  const identities = await Promise.all(nodes.map(async ({ session }) => await session.succeed(IDENTITY)));
  const lines = identities.map((text) => text.trim().split('\n'));
  assert.deepEqual(
    lines.map(([name]) => name),
    ['one', 'two', 'three'],
  );
  for (const index of [1, 2, 3]) {
    assert.equal(
      new Set(lines.map((line) => line[index])).size,
      3,
      `line ${index} of ${identities.join('\n')}`,
    );
  }
  const skew = Math.abs(Number(await one.session.succeed('date +%s')) - Date.now() / 1000);
  assert.ok(skew < 5, `the clock is wrong by ${skew} s`);
  assert.equal((await one.session.succeed('pgrep -c node')).trim(), '1');

  await one.session.succeed(`echo from one | dd of=${one.disk(1)} bs=512 conv=sync oflag=direct status=none`);
  const read = await two.session.succeed(
    `dd if=${two.disk(1)} bs=512 count=1 iflag=direct status=none | head -1`,
  );
  assert.equal(read, 'from one\n');
});

test('a snapshot that does not fit its machine is named with what QEMU says of it', async () => {
  await using directory = await ownedTempDir('ulogcheck-test-');
  const golden = await openGolden(subject.golden.ready ?? assert.fail('not ready'));
  const broken = { ...golden, state: join(directory.path, 'no-such-state') };
  await assert.rejects(
    Node.restore({
      environment,
      images: subject,
      name: 'x',
      directory: directory.path,
      golden: broken,
      disks: [],
    }),
    /no-such-state/,
  );
});
