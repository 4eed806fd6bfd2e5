import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { Cache, entryKey } from '../cache/index.js';
import { codenameIn, planIn, statesOf, type UsedPlans } from '../setup/packages-states.js';
import { EXPORTED_KINDS, MANIFEST_NAME, staysInside } from './manifest.js';
import { readArchive } from './read.js';
import { writeArchive } from './write.js';
import { ownPath } from '../setup/owned.mjs';

const directories: string[] = [];
async function fresh(): Promise<string> {
  const directory = ownPath(await mkdtemp(join(tmpdir(), 'ulogcheck-archive-test-')));
  directories.push(directory);
  return directory;
}
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

const PLAN = 'ab'.repeat(16);
const PACKAGES: readonly UsedPlans[] = [
  { release: 'stable', fetchedAt: 1000, codename: 'trixie', plans: {} },
  { release: 'trixie', fetchedAt: 1000, plans: { [PLAN]: { packages: [], resolvedAt: 7 } } },
];
const HEAD = {
  version: '1.2.3',
  asked: { kernel: 'stable', daemons: ['reference'], userland: 'trixie' },
  packages: [...PACKAGES],
};
const LONG = 'long-'.repeat(30);

/** A cache with one entry of each sort of file, and one of a kind that stays at home. */
async function filled(): Promise<Cache> {
  const cache = await Cache.open({ directory: await fresh() });
  await cache.entry('packages', ['tree'], async (root) => {
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await chmod(join(root, 'usr'), 0o555);
    await writeFile(join(root, 'usr/bin/program'), 'binary', { mode: 0o755 });
    await link(join(root, 'usr/bin/program'), join(root, 'usr/bin/other-name'));
    await symlink('usr/bin', join(root, 'bin'));
    await symlink('../../bin/program', join(root, 'usr/bin/up'));
    await symlink('/etc/passwd', join(root, 'usr/bin/out'));
    await writeFile(join(root, 'empty'), '');
    await writeFile(join(root, LONG), 'x'.repeat(1000));
  });
  await cache.entry('kernel', { layout: 1 }, (root) =>
    writeFile(join(root, 'vmlinux'), Buffer.alloc(5000, 7)),
  );
  await cache.entry('kvm-probe', ['here'], (root) => writeFile(join(root, 'answer.json'), '{}'));
  return cache;
}

async function archiveOf(cache: Cache): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await writeArchive({ ...HEAD, entries: await cache.given() }, sink);
  return Buffer.concat(chunks);
}

/** The tar member of a regular file, or of another type. */
function member(
  path: string,
  data: Buffer,
  type: 'File' | 'SymbolicLink' = 'File',
  linkpath?: string,
): Buffer {
  const header = new Header({
    path,
    size: data.length,
    mode: 0o644,
    type,
    ...(linkpath !== undefined && { linkpath }),
  });
  header.encode();
  assert.ok(header.block);
  return Buffer.concat([header.block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

function forged(manifest: unknown, ...members: readonly Buffer[]): Buffer {
  const text = Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return gzipSync(Buffer.concat([member(MANIFEST_NAME, text), ...members, Buffer.alloc(1024)]));
}

const CONTENT = Buffer.from('content');
const KEY = entryKey('kernel', 'forged');
function manifestWith(members: unknown, changes: object = {}): unknown {
  return {
    format: 1,
    ...HEAD,
    entries: [{ kind: 'kernel', key: KEY, inputs: 'forged', members }],
    ...changes,
  };
}
function fileMember(path: string): unknown {
  const sha256 = createHash('sha256').update(CONTENT).digest('hex');
  return { type: 'file', path, mode: 0o644, size: CONTENT.length, sha256 };
}

/** Imports into an empty cache, and expects to be refused with everything as it was. */
async function refused(bytes: Buffer, message: RegExp, name = 'ArchiveError'): Promise<void> {
  const directory = await fresh();
  const cache = await Cache.open({ directory });
  const file = join(await fresh(), 'archive');
  await writeFile(file, bytes);
  await assert.rejects(readArchive(cache, file), (error: Error) => {
    assert.equal(error.name, name, error.stack);
    assert.match(error.message, message);
    return true;
  });
  for (const part of ['entries', 'tmp', 'state'])
    assert.deepEqual(await readdir(join(directory, part)), [], part);
}

describe('an archive of the cache', () => {
  it('carries entries and names to another cache', async () => {
    const cache = await filled();
    const file = join(await fresh(), 'archive');
    const written = await writeArchive({ ...HEAD, entries: await cache.given() }, file);
    const bytes = await readFile(file);
    assert.equal(written.bytes, bytes.length);
    assert.equal(written.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.equal(written.entries, 2);

    const other = await Cache.open({ directory: await fresh() });
    const { added, kept, manifest } = await readArchive(other, file);
    assert.deepEqual([added, kept, manifest.version], [2, 0, '1.2.3']);
    const tree = (await other.peek('packages', ['tree'])) ?? '';
    assert.equal(await readFile(join(tree, 'usr/bin/other-name'), 'utf8'), 'binary');
    assert.equal(await readFile(join(tree, 'usr/bin/up'), 'utf8'), 'binary');
    assert.equal((await stat(join(tree, 'usr/bin/program'))).mode & 0o777, 0o555);
    assert.equal((await readFile(join(tree, LONG))).length, 1000);
    // A link to a place outside names another machine's file.
    assert.deepEqual((await readdir(join(tree, 'usr/bin'))).sort(), ['other-name', 'program', 'up']);
    assert.equal(await other.peek('kvm-probe', ['here']), undefined);
    assert.deepEqual(
      (await other.usage()).map(({ bytes: size }) => size).sort(),
      (await cache.usage())
        .filter(({ kind }) => kind !== 'kvm-probe')
        .map(({ bytes: size }) => size)
        .sort(),
    );

    const [stable] = await statesOf(other, 'stable');
    const [trixie] = await statesOf(other, 'trixie');
    assert.equal(await codenameIn(stable?.directory ?? ''), 'trixie');
    assert.deepEqual(await planIn(trixie?.directory ?? '', PLAN), { packages: [], resolvedAt: 7 });
    assert.equal(trixie?.fetched.at, 1000);
    assert.deepEqual(await readdir(join(other.directory, 'tmp')), []);
  });

  it('is the same, byte by byte, of equal caches', async () => {
    assert.ok((await archiveOf(await filled())).equals(await archiveOf(await filled())));
  });

  it('leaves what the other cache has as it is', async () => {
    const bytes = await archiveOf(await filled());
    const other = await Cache.open({ directory: await fresh() });
    const mine = await other.entry('kernel', { layout: 1 }, (root) =>
      writeFile(join(root, 'vmlinux'), 'mine'),
    );
    const { added, kept } = await readArchive(other, Readable.from([bytes]));
    assert.deepEqual([added, kept], [1, 1]);
    assert.equal(await readFile(join(mine, 'vmlinux'), 'utf8'), 'mine');
    assert.equal((await readArchive(other, Readable.from([bytes]))).kept, 2);
  });

  it('carries no kind of entry that means something on one machine only', () => {
    assert.deepEqual(
      [...EXPORTED_KINDS],
      ['initramfs', 'kernel', 'layer', 'packages', 'root-image', 'table-rewriter'],
    );
  });

  it('is refused with nothing changed, wherever it is cut off', async () => {
    const bytes = await archiveOf(await filled());
    for (let cut = 1; cut < 20; cut++) {
      await refused(
        bytes.subarray(0, Math.floor((bytes.length * cut) / 20)),
        /cannot be imported: it is (cut off|no tar|damaged)/,
      );
    }
    // Cut between two members and packed again: gzip and tar are whole.
    const plain = gunzipSync(bytes);
    const last = plain.lastIndexOf('entries/');
    await refused(
      gzipSync(Buffer.concat([plain.subarray(0, last), Buffer.alloc(1024)])),
      /cut off: entries\//,
    );
    await refused(Buffer.alloc(0), /cut off/);
    const cache = await Cache.open({ directory: await fresh() });
    const stream = Readable.from([bytes.subarray(0, 400)]);
    await assert.rejects(
      readArchive(cache, stream),
      /^ArchiveError: the standard input cannot be imported: it is cut off/,
    );
  });

  it('is refused with nothing changed, whatever bit of its contents is turned', async () => {
    const plain = gunzipSync(await archiveOf(await filled()));
    const vmlinux = plain.indexOf(Buffer.alloc(100, 7));
    for (const at of [vmlinux, vmlinux + 4999]) {
      const turned = Buffer.from(plain);
      turned[at] = (turned[at] ?? 0) ^ 1;
      await refused(gzipSync(turned), /vmlinux in it is damaged: its checksum is not that of the manifest/);
    }
    const header = Buffer.from(plain);
    const at = plain.lastIndexOf('entries/');
    header[at] = (header[at] ?? 0) ^ 1;
    await refused(gzipSync(header), /no tar file, or damaged|stands where/);
  });

  it('is refused when it is something else', async () => {
    await refused(Buffer.from('some text that is no archive at all'), /damaged, or no gzip file/);
    await refused(gzipSync('some text'), /cannot be imported: it is (no tar|cut off)/);
    await refused(
      gzipSync(Buffer.concat([member('README', CONTENT), Buffer.alloc(1024)])),
      /it begins with README/,
    );
    await refused(forged('{'), /is no JSON/);
    await refused(forged({ format: 1 }), /ulogcheck-cache\.json in it: /);
    const directory = await fresh();
    const cache = await Cache.open({ directory });
    await assert.rejects(readArchive(cache, join(directory, 'nowhere')), {
      name: 'ArchiveError',
      message: /cannot be read: ENOENT/,
    });
    await assert.rejects(readArchive(cache, directory), {
      name: 'ArchiveError',
      message: /cannot be read: EISDIR/,
    });
  });

  it('is refused when a newer ulogcheck wrote it, with the advice to use one', async () => {
    await refused(
      forged({ format: 2, whatever: true }),
      /of format 2, and this ulogcheck reads up to 1: use/,
    );
  });

  it('is refused when it would write outside of its entries', async () => {
    const path = `entries/kernel/${KEY}/file`;
    for (const bad of [
      '../../../etc/passwd',
      '/etc/passwd',
      'a/../b',
      './a',
      'a//b',
      '',
      '.ulogcheck-entry.json',
    ]) {
      await refused(
        forged(manifestWith([fileMember(bad)]), member(path, CONTENT)),
        /is no path inside an entry/,
      );
    }
    const toTmp = { type: 'link', path: 'a', target: '/tmp' };
    await refused(forged(manifestWith([toTmp])), /the link a leads out of it, to \/tmp/);
    const throughLink = [
      { type: 'directory', path: 'd', mode: 0o755 },
      { type: 'link', path: 'e', target: 'd' },
      fileMember('e/x'),
    ];
    await refused(forged(manifestWith(throughLink)), /"e\/x" does not lie in a directory of its own/);
    await refused(forged(manifestWith([fileMember('x'), fileMember('x')])), /"x" does not lie/);
    await refused(
      forged(
        manifestWith([fileMember('x')]),
        member(`entries/kernel/${KEY}/x`, Buffer.alloc(0), 'SymbolicLink', '/etc'),
      ),
      /is a SymbolicLink: only regular files belong there/,
    );
    await refused(
      forged(manifestWith([fileMember('x')]), member('../x', CONTENT)),
      /stands where entries\/.*\/x should be/,
    );
    await refused(
      forged(
        manifestWith([fileMember('x')], {}),
        member(`entries/kernel/${KEY}/x`, CONTENT),
        member('more', CONTENT),
      ),
      /more .* stands where the end should be/,
    );
  });

  it('is refused when an entry is not named by what it was made from, or of a foreign kind', async () => {
    const entries = (changes: object): object => ({
      entries: [{ kind: 'kernel', key: KEY, inputs: 'forged', members: [], ...changes }],
    });
    await refused(
      forged(manifestWith([], entries({ inputs: 'other' }))),
      /is not named by what it was made from/,
    );
    await refused(forged(manifestWith([], entries({ kind: '../x' }))), /Invalid option/);
    const snapshot = { kind: 'snapshot', key: entryKey('snapshot', 'forged') };
    await refused(forged(manifestWith([], entries(snapshot))), /Invalid option/);
    await refused(
      forged(manifestWith([fileMember('x')].map((file) => ({ ...(file as object), mode: 0o4755 })))),
      /mode/,
    );
    const release = { packages: [{ release: '../x', fetchedAt: 1, plans: {} }] };
    await refused(forged(manifestWith([], release)), /release/);
  });

  it('does not replace a file, and leaves none when it cannot be written', async () => {
    const cache = await filled();
    const directory = await fresh();
    const contents = { ...HEAD, entries: await cache.given() };
    const there = join(directory, 'there');
    await writeFile(there, 'precious');
    await assert.rejects(writeArchive(contents, there), {
      name: 'ArchiveError',
      message: /is there already: remove it/,
    });
    assert.equal(await readFile(there, 'utf8'), 'precious');
    await assert.rejects(writeArchive(contents, join(directory, 'no/archive')), {
      name: 'ArchiveError',
      message: /^cannot write in .*\/no: ENOENT/,
    });
    const full = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
      },
    });
    await assert.rejects(writeArchive(contents, full), {
      name: 'CacheError',
      message: /nothing of it was kept: ENOSPC/,
    });
    assert.deepEqual(await readdir(directory), ['there']);
  });

  it('needs room for all of it before it begins', async () => {
    const huge = { ...(fileMember('x') as { size: number }), size: 2 ** 50 };
    await refused(
      forged(manifestWith([huge])),
      /MB are needed for the import, and .* are free/,
      'CacheError',
    );
  });
});

describe('links of an entry', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a', 'b', true],
    ['d/a', '../b', true],
    ['d/a', '../../b', false],
    ['a', '..', false],
    ['a', '/b', false],
    ['a', 'b/../c', false],
    ['d/e/a', './../../b/./c', true],
    ['a', '', false],
  ];
  for (const [path, target, inside] of cases) {
    it(`${path} -> ${target === '' ? '(nothing)' : target} ${inside ? 'stays inside' : 'is refused'}`, () => {
      assert.equal(staysInside(path, target), inside);
    });
  }
});
