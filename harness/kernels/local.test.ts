import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findCommand, ownPath, runOwned } from '../setup/owned.mjs';
import { treeFiles } from './files.js';
import type { KernelChoice } from './kernel.js';
import { chooseLocal } from './local.js';

const root = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-local-kernels-')));
after(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, data: string | Buffer = ''): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), data);
  return join(root, path);
}

/** As small as a bzImage can be. */
function image(release: string): Buffer {
  const payload = gzipSync(Buffer.from('\x7fELF', 'latin1'));
  const bytes = Buffer.alloc(4 * 512 + payload.length);
  bytes.writeUInt8(3, 0x1f1);
  bytes.write('HdrS', 0x202, 'latin1');
  bytes.writeUInt16LE(0x20f, 0x206);
  bytes.writeUInt16LE(0x300, 0x20e);
  bytes.write(`${release} (me)\0`, 0x500, 'latin1');
  bytes.writeUInt32LE(payload.length, 0x24c);
  payload.copy(bytes, 4 * 512);
  return bytes;
}

async function choose(...paths: string[]): Promise<{ choices: KernelChoice[]; refused: string[] }> {
  const refused: string[] = [];
  const specs = paths.map((path) => ({ text: path, source: 'path', path: join(root, path) }) as const);
  const choices = await chooseLocal(specs, ({ text }, why) => refused.push(`${text}: ${why}`));
  return { choices, refused };
}

describe('a built kernel tree', () => {
  it('is a kernel, and its modules are where they were built, whatever modules.order calls them', async () => {
    write('tree/.config');
    write('tree/arch/x86/boot/bzImage', image('6.12.9-mine'));
    write(
      'tree/modules.order',
      'kernel/drivers/md/dm-mod.ko\ndrivers/md/dm-log.o\ndrivers/md/dm-mirror.ko\n',
    );
    const { choices, refused } = await choose('tree');
    assert.deepEqual(refused, []);
    const [choice] = choices;
    assert.ok(choice?.source === 'tree');
    assert.deepEqual(
      [choice.release, choice.version, choice.packageVersion, choice.layout],
      ['6.12.9-mine', '6.12.9', null, 'built'],
    );
    const { modules } = await treeFiles(join(root, 'tree'));
    assert.deepEqual(
      modules.map(({ path, file }) => [path, file.slice(root.length)]),
      ['mod', 'log', 'mirror'].map((name) => [
        `kernel/drivers/md/dm-${name}.ko`,
        `/tree/drivers/md/dm-${name}.ko`,
      ]),
    );
  });

  it('is its vmlinux where that was linked after the bzImage', async () => {
    write('stale/.config');
    const old = write('stale/arch/x86/boot/bzImage', image('6.12.9-old'));
    utimesSync(old, 1, 1);
    write('stale/vmlinux', Buffer.from('\x7fELF Linux version 6.12.9-new (me)\0', 'latin1'));
    const { choices } = await choose('stale');
    assert.equal(choices[0]?.release, '6.12.9-new');
  });

  it('that was not built is refused, with what to do', async () => {
    write('sources/arch/x86/boot/Makefile');
    write('configured/arch/x86/boot/Makefile');
    write('configured/.config');
    const { refused } = await choose('sources', 'configured');
    assert.match(refused[0] ?? '', /^sources: .* is a kernel tree without a \.config: it was not built$/);
    assert.match(refused[1] ?? '', /was not built: .* run `make bzImage modules` in it$/);
  });
});

describe('a directory', () => {
  it('with one installed kernel is that one', async () => {
    write('installed/boot/vmlinuz-6.1.9', image('6.1.9'));
    write('installed/boot/config-6.1.9');
    write('installed/lib/modules/6.1.9/kernel/drivers/md/dm-mod.ko.zst');
    const { choices } = await choose('installed');
    assert.ok(choices[0]?.source === 'tree' && choices[0].layout === 'installed');
    write('installed/boot/vmlinuz-6.1.10');
    const { refused } = await choose('installed');
    assert.match(
      refused[0] ?? '',
      /several kernels are installed below it: 6\.1\.10, 6\.1\.9; give one alone$/,
    );
  });

  it('without a kernel is refused, and so are other files', async () => {
    write('empty/readme');
    write('half/boot/vmlinuz-6.1.9');
    const { refused } = await choose('empty', 'empty/readme', 'nowhere', 'half');
    assert.deepEqual(
      refused.map((line) => line.split(':')[0]),
      ['empty', 'empty/readme', 'nowhere', 'half'],
    );
    assert.match(refused[3] ?? '', /it has no modules: there is no usr\/lib\/modules\/6\.1\.9/);
  });
});

const needsDpkg = { skip: findCommand('dpkg-deb') === undefined && 'no dpkg-deb on this host' };

async function deb(name: string, version: string, depends = ''): Promise<string> {
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: amd64',
    'Maintainer: nobody <nobody@example.invalid>',
    ...(depends === '' ? [] : [`Depends: ${depends}`]),
    'Description: sample',
    '',
  ].join('\n');
  write(`build/${name}/DEBIAN/control`, control);
  mkdirSync(join(root, 'debs'), { recursive: true });
  const file = `debs/${name}_${version}_amd64.deb`;
  await runOwned(['dpkg-deb', '--build', join(root, 'build', name), join(root, file)]);
  return file;
}

describe('packages', needsDpkg, () => {
  it('of one kernel belong together, however they are given', async () => {
    const [binary, modules, base] = await Promise.all([
      deb('linux-binary-7.2.1-amd64', '7.2.1-1'),
      deb('linux-modules-7.2.1-amd64', '7.2.1-1', 'linux-base-7.2.1-amd64 (= 7.2.1-1)'),
      deb('linux-base-7.2.1-amd64', '7.2.1-1'),
    ]);
    await deb('linux-headers-7.2.1-amd64', '7.2.1-1');
    const whole = await deb('linux-image-6.13.0-rc1-mine', '6.13.0~rc1-3');
    const { choices, refused } = await choose(whole, binary, modules, base);
    assert.deepEqual(refused, []);
    assert.deepEqual(
      choices.map(({ release, version, packageVersion }) => [release, version, packageVersion]),
      [
        ['6.13.0-rc1-mine', '6.13.0-rc1', '6.13.0~rc1-3'],
        ['7.2.1-amd64', '7.2.1', '7.2.1-1'],
      ],
    );
    const all = await choose('debs');
    assert.equal(all.choices.length, 2);
    const lacking = await choose(binary, modules);
    assert.match(lacking.refused[0] ?? '', /split into packages, and linux-base-7\.2\.1-amd64 is missing/);
    assert.match((await choose(base)).refused[0] ?? '', /linux-binary-\S+ and linux-modules-\S+ are missing/);
  });

  it('that are damaged, or no kernel, are refused', async () => {
    const headers = await deb('linux-headers-7.2.2-amd64', '7.2.2-1');
    write('torn.deb', '!<arch>\ndebian-binary');
    const { refused } = await choose(headers, 'torn.deb');
    assert.match(refused[0] ?? '', /is no part of a kernel/);
    assert.match(refused[1] ?? '', /torn\.deb is damaged, or no Debian package/);
  });
});
