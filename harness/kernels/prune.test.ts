import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Cache, type JsonValue } from '../cache/index.js';
import { goOffline } from '../setup/offline.js';
import { ownPath } from '../setup/owned.mjs';
import { cachedKernels } from './cached.js';
import { listKernels } from './list.js';
import { pruneKernels } from './prune.js';

const directories: string[] = [];
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** A cache with two kernels, and what runs made of them. */
async function sample(): Promise<Cache> {
  const directory = ownPath(await mkdtemp(join(tmpdir(), 'ulogcheck-prune-')));
  directories.push(directory);
  const cache = await Cache.open({ directory });
  const entry = (kind: string, inputs: JsonValue): Promise<string> =>
    cache.entry(kind, inputs, (target) => writeFile(join(target, 'file'), 'x'));
  for (const [release, version] of [
    ['6.12.9+deb13-cloud-amd64', '6.12.9-1'],
    ['7.2.1+deb14-cloud-amd64', '7.2.1-1'],
  ] as const) {
    const packages = [[`linux-image-${release}`, version, `hash of ${release}`]];
    await entry('kernel', { layout: 2, release, packages, kept: [], tools: [] });
    const kernel = cachedOf(await cachedKernels(cache), release);
    await entry('initramfs', { kernel, init: 'x' });
    await entry('snapshot', { layer: 'booted', kernel });
  }
  await entry('kernel-tree', { layout: 2, release: '6.13.0-mine', files: ['image ab'], kept: [] });
  await entry('root-image', {});
  return cache;
}

function cachedOf(kernels: Awaited<ReturnType<typeof cachedKernels>>, release: string): readonly string[] {
  return kernels.find((kernel) => kernel.release === release)?.identity ?? [];
}

async function left(cache: Cache): Promise<string> {
  return (await cache.usage())
    .map(({ kind }) => kind)
    .sort()
    .join(' ');
}

describe('prune', () => {
  it('takes a kernel with all that was made of it, and nothing else', async () => {
    const cache = await sample();
    const { releases, gone } = await pruneKernels(cache, { specs: ['6.12.*'] });
    assert.deepEqual(releases, ['6.12.9+deb13-cloud-amd64']);
    assert.deepEqual(gone.map(({ kind }) => kind).sort(), ['initramfs', 'kernel', 'snapshot']);
    assert.equal(await left(cache), 'initramfs kernel kernel-tree root-image snapshot');
  });

  it('knows releases, versions, package versions and all that is cached', async () => {
    for (const spec of ['7.2.1', '7.2.1-1', '7.2', '7.2.1+deb14', '7.2.1+deb14-cloud-amd64', '7.2.1:cloud']) {
      const { releases } = await pruneKernels(await sample(), { specs: [spec] });
      assert.deepEqual(releases, ['7.2.1+deb14-cloud-amd64'], spec);
    }
    const tree = await pruneKernels(await sample(), { specs: ['6.13.0-mine'] });
    assert.deepEqual(tree.releases, ['6.13.0-mine']);
    const cache = await sample();
    await pruneKernels(cache, { specs: ['cached'] });
    assert.equal(await left(cache), 'root-image');
  });

  it('takes several with commas, and refuses a path', async () => {
    const { releases } = await pruneKernels(await sample(), { specs: ['6.12.*, 7.2'] });
    assert.deepEqual(releases, ['6.12.9+deb13-cloud-amd64', '7.2.1+deb14-cloud-amd64']);
    await assert.rejects(pruneKernels(await sample(), { specs: ['6.12.*,./linux'] }), {
      name: 'KernelSpecError',
      message: /^kernels prune \.\/linux: is a path.*: say its release/,
    });
  });

  it('goes by the time of last use', async () => {
    const cache = await sample();
    assert.deepEqual((await pruneKernels(cache, { unusedMs: 3_600_000 })).gone, []);
    assert.equal((await pruneKernels(cache, { unusedMs: 0 })).releases.length, 3);
  });

  it('refuses what means nothing there, and then removes nothing', async () => {
    const cache = await sample();
    await assert.rejects(pruneKernels(cache, { specs: ['6.12.*', '5.10'] }), {
      name: 'UnknownKernelError',
      message: /^no kernel of the cache is meant by 5\.10; it has 6\.12\.9/,
    });
    assert.equal(
      await left(cache),
      'initramfs initramfs kernel kernel kernel-tree root-image snapshot snapshot',
    );
  });
});

describe('list', () => {
  it('means by a spec what a run means, several with commas between them', async () => {
    const cache = await sample();
    const releases = async (...patterns: string[]): Promise<string[]> =>
      (await listKernels(cache, { patterns, flavour: 'cloud', everyBuild: false })).map(
        ({ release }) => release,
      );
    const both = ['7.2.1+deb14-cloud-amd64', '6.12.9+deb13-cloud-amd64'];
    goOffline();
    assert.deepEqual(await releases('cached'), both);
    assert.deepEqual(await releases('cached:cloud,cached'), both);
    await assert.rejects(releases('cached:generic'), {
      name: 'UnknownKernelError',
      message: /the cache has no/,
    });
    await assert.rejects(releases('cached,./linux'), {
      name: 'KernelSpecError',
      message: /is a path; shown are/,
    });
    await assert.rejects(releases('cached,6.1 2'), {
      name: 'KernelSpecError',
      message: /is no name of a kernel/,
    });
    // Without a pattern all that is cached is shown, whatever the mirror says; which of others are meant it must tell.
    assert.deepEqual((await releases()).length, 3);
    await assert.rejects(releases('debian/each,7.3-rc'), { name: 'PackageError', failure: 'offline' });
  });
});
