import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PuppetHost } from '../puppet/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { PUPPET_PORT } from './environment.js';
import { createDisks } from './disks.js';
import { openGolden } from './open-golden.js';
import { Node } from './node.js';
import { killRelay, startRelay } from './puppet-relay.js';
import { prepareSelfTest } from './self-test-scene.js';

// The relay without a host, as it stands in a snapshot, and a host that finds it there.

let node: Node;
let directory: Awaited<ReturnType<typeof ownedTempDir>>;

before(async () => {
  directory = await ownedTempDir('ulogcheck-test-');
  const { environment } = await prepareSelfTest('booted');
  node = await Node.restore({
    environment,
    images: environment.plain,
    name: 'selftest',
    directory: directory.path,
    golden: await openGolden(environment.plain.golden.booted ?? assert.fail('not booted')),
    disks: await createDisks(directory.path, ['leg0', 'leg1']),
  });
});

after(async () => {
  await node[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Clock ticks of processor time. */
async function ticks(pid: number): Promise<number> {
  return Number(await node.session.succeed(`awk '{ print $14 + $15 }' /proc/${pid}/stat`));
}

test('a relay waits for its host without work, is told again instead of started twice, and then serves', async () => {
  const { session } = node;
  const pid = await startRelay(session);
  assert.equal(await startRelay(session), pid);
  const before = await ticks(pid);
  await session.succeed('sleep 2');
  assert.ok((await ticks(pid)) - before <= 2, 'it spins');
  // Asked before the host is there, the kernel waits; the answer comes with the host.
  const [one = '', two = ''] = node.disks;
  const table = `0 2048 mirror userspace 4 U clustered-core 128 nosync 2 ${one} 0 ${two} 0`;
  const created = session.run(['dmsetup', 'create', 'm', '--noudevsync', '--table', table]);
  const asked =
    "until dmesg | grep -q 'dm-log-userspace.*loaded' && pgrep -x dmsetup > /dev/null; do sleep 0.02; done";
  await session.succeed(asked);
  const lines: string[] = [];
  const puppet = new PuppetHost(await node.vm.port(PUPPET_PORT), (line) => lines.push(line));
  await puppet.connected(10_000);
  assert.equal((await created).status, 0, lines.join('\n'));
  assert.equal((await session.run(['dmsetup', 'remove', 'm'])).status, 0);

  await killRelay(session, pid);
  puppet.die();
  const refused = await session.run(['dmsetup', 'create', 'm', '--noudevsync', '--table', table]);
  assert.equal(refused.status, 1);
  assert.notEqual(await startRelay(session), pid);
  await puppet.connected(10_000);
  assert.equal(puppet.trouble, undefined);
  puppet[Symbol.dispose]();
});

test('a relay that cannot have its port says why', async () => {
  await node.session.succeed('mv /run/ulogcheck/relay.pid /run/ulogcheck/other.pid');
  const busy = await node.session.run([
    ...['perl', '/run/ulogcheck/relay.pl', '/dev/virtio-ports/ulogcheck.none'],
    ...['/run/ulogcheck/relay.pid', '/run/ulogcheck/relay.log'],
  ]);
  assert.notEqual(busy.status, 0);
  assert.match(busy.stderr, /^\/dev\/virtio-ports\/ulogcheck\.none: No such file or directory$/m);
});
