import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Cache } from '../../cache/index.js';
import { Drives } from '../../disks/drives.js';
import type { GuestSession } from '../../guest/index.js';
import { resolveKernel } from '../../kernels/index.js';
import { PackageSource } from '../../setup/packages.js';
import { SelfTestNodes } from './self-test-nodes.js';

// A real VM with Debian's multipath-tools, which no image has: they are fetched, so that this is one of the slow tests.

const skip =
  process.env['ULOGCHECK_SLOW_TESTS'] === undefined && 'set ULOGCHECK_SLOW_TESTS=1 (fetches multipath-tools)';
const KERNEL = process.env['ULOGCHECK_KERNEL'] ?? 'stable';
const USERLAND = process.env['ULOGCHECK_USERLAND'] ?? 'trixie';
/** In the order in which they are loaded. */
const MODULES = ['dm-multipath', 'dm-service-time'];
/** No udevd runs that would have a name for the disk: it is read from sysfs. */
const CONFIG = 'defaults {\n uid_attribute ""\n find_multipaths no\n user_friendly_names no\n}\n';
const DEADLINE = { deadlineMs: 60_000 };

/** Lays the packages' files and the kernel's modules into the guest. */
async function install(guest: GuestSession): Promise<void> {
  const cache = await Cache.open({});
  const source = await PackageSource.open(cache, USERLAND);
  // What else it depends on the image has; the names of its libraries differ between releases.
  const { packages: all } = await source.resolve(['multipath-tools'], 'with-dependencies');
  const packages = all.filter(({ name }) => /^(multipath-tools$|libmultipath|libmpath|liburcu)/.test(name));
  const { path } = await source.unpack('multipath-tools', packages);
  const tar = await promisify(execFile)('tar', ['-C', path, '--exclude=./usr/share', '-cz', '.'], {
    encoding: 'buffer',
    maxBuffer: 64 << 20,
  });
  await guest.writeFile('/run/multipath.tgz', tar.stdout);
  await guest.writeFile('/etc/multipath.conf', Buffer.from(CONFIG));
  // Directories of the archive are links in the guest.
  await guest.succeed('tar -C / --keep-directory-symlink -xzf /run/multipath.tgz && ldconfig', DEADLINE);
  const { modulesDirectory } = await resolveKernel(cache, KERNEL, () => undefined);
  const files = await readdir(modulesDirectory, { recursive: true });
  for (const module of MODULES) {
    const file = files.find((name) => basename(name).startsWith(`${module}.ko`));
    assert.ok(file, `the kernel has no ${module}`);
    await guest.writeFile(
      `/run/${basename(file)}`,
      await readFile(join(modulesDirectory, dirname(file), basename(file))),
    );
    await guest.succeed(`insmod /run/${basename(file)}`);
  }
}

test('two paths to a disk become one map, which goes on when one of them is lost', { skip }, async () => {
  await using nodes = await SelfTestNodes.prepare();
  await using disks = await Drives.serve({ count: 1, idm: false });
  const [disk] = disks.all;
  assert.ok(disk);
  const node = await nodes.restore('a');
  const guest = node.session;
  await install(guest);
  const direct = await node.passthrough.plug(disks, disk);
  const [logged] = await node.initiator.login(disks, { replacementSeconds: 1 });
  assert.ok(logged);
  const devices = [direct, logged].map(({ sd }) => sd.slice(5));
  // What udevd would have noted of them, for multipath looks at no others.
  for (const name of devices)
    await guest.succeed(`mkdir -p /run/udev/data && echo I:1 >/run/udev/data/b$(cat /sys/block/${name}/dev)`);
  const wwid = (await guest.succeed('multipath -v1', DEADLINE)).trim();
  assert.match(wwid, new RegExp(`${disk.serial}$`));
  const seen = await guest.succeed('multipath -ll', DEADLINE);
  for (const name of devices) assert.match(seen, new RegExp(`\\b${name} .* active ready running`));
  // No hardware handler: no asymmetric access.
  assert.match(seen, /hwhandler='0'/);
  const write = (word: string): string =>
    `printf %-512s ${word} | dd of=/dev/mapper/${wwid} oflag=direct status=none && dd if=${direct.sd} bs=512 count=1 iflag=direct status=none`;
  // The second group is the node's own initiator; it is made the one that is used, and then it is lost.
  await guest.succeed(`dmsetup message ${wwid} 0 switch_group 2`);
  assert.match(await guest.succeed(write('both'), DEADLINE), /^both /);
  node.initiator.losePath('reset');
  assert.match(await guest.succeed(write('one'), DEADLINE), /^one /);
  const [first, second] = devices;
  const after = await guest.succeed(`dmsetup status ${wwid}`);
  const state = async (name = ''): Promise<string> =>
    (await guest.succeed(`cat /sys/block/${name}/dev`)).trim();
  assert.match(after, new RegExp(`\\b${await state(first)} A `));
  assert.match(after, new RegExp(`\\b${await state(second)} F `));
  await guest.succeed(`multipath -f ${wwid}`, DEADLINE);
});
