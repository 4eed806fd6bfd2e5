import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { Cache, contentKey } from '../cache/index.js';
import { isOffline, OFFLINE_VARIABLE } from './offline.js';
import { findCommand, ownPath } from './owned.mjs';
import { PackageError } from './packages-errors.js';
import { importPlans, noteFetched, usedPlans } from './packages-states.js';
import { PackageSource } from './packages.js';

const HOUR = 3_600_000;
const QUESTION = { names: ['busybox-static'], extent: 'alone' };
const BUSYBOX = { name: 'busybox-static', version: '1:1.37.0-6', sha256: 'aa', size: 900_000 };
const PLAN = { packages: [BUSYBOX], resolvedAt: 1 };

const directories: string[] = [];
async function freshCache(): Promise<Cache> {
  const directory = ownPath(await mkdtemp(join(tmpdir(), 'ulogcheck-offline-test-')));
  directories.push(directory);
  return Cache.open({ directory });
}

/** A cache that knows the stable release and one plan of it, as of some hours ago. */
async function knowing(hours: number, plan: object = PLAN): Promise<Cache> {
  const cache = await freshCache();
  const fetchedAt = Date.now() - hours * HOUR;
  await importPlans(cache, { release: 'stable', fetchedAt, codename: 'trixie', plans: {} });
  await importPlans(cache, {
    release: 'trixie',
    fetchedAt,
    plans: { [contentKey(QUESTION)]: plan as never },
  });
  return cache;
}

const { ULOGCHECK_OFFLINE: offlineBefore, ULOGCHECK_MIRROR: mirrorBefore } = process.env;
afterEach(() => {
  // An empty text means the same as none to both.
  process.env['ULOGCHECK_OFFLINE'] = offlineBefore ?? '';
  process.env['ULOGCHECK_MIRROR'] = mirrorBefore ?? '';
});
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

function refusal(message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof PackageError);
    assert.equal(error.failure, 'offline');
    assert.match(error.message, message);
    return true;
  };
}

describe('offline', () => {
  it('is anything but nothing and 0', () => {
    const values = [undefined, '', '0', '1', 'yes'];
    assert.deepEqual(
      values.map((value) => isOffline(value === undefined ? {} : { [OFFLINE_VARIABLE]: value })),
      [false, false, false, true, true],
    );
  });

  it('takes what was resolved, however old, says once how old, and keeps it for an export', async () => {
    process.env[OFFLINE_VARIABLE] = '1';
    const cache = await knowing(240);
    const said: string[] = [];
    for (let time = 0; time < 2; time++) {
      const source = await PackageSource.open(cache, 'stable', (event) => {
        if (event.kind === 'end') said.push(event.what);
      });
      assert.equal(source.codename, 'trixie');
      assert.deepEqual(await source.resolve(['busybox-static'], 'alone'), PLAN);
    }
    assert.deepEqual(said, ['offline: packages of trixie as of 10.0 days ago are used']);
    assert.deepEqual(
      usedPlans(cache).map(({ release, codename, plans }) => [release, codename, Object.keys(plans)]),
      [
        ['stable', 'trixie', []],
        ['trixie', undefined, [contentKey(QUESTION)]],
      ],
    );
  });

  it('names what is missing: the release, a version, a file', async () => {
    process.env[OFFLINE_VARIABLE] = '1';
    await assert.rejects(
      PackageSource.open(await freshCache(), 'stable'),
      refusal(/^offline, and not in the cache: the name of Debian's stable release$/),
    );
    const source = await PackageSource.open(await knowing(1), 'stable');
    await assert.rejects(
      source.resolve(['perl'], 'alone'),
      refusal(/^offline, and not in the cache: the versions of perl in Debian trixie$/),
    );
    await assert.rejects(
      source.unpack('busybox', [BUSYBOX]),
      refusal(/^offline, and not in the cache: busybox \(1 package, 0\.9 MB\)$/),
    );
  });

  it('prefers what was imported to older knowledge of its own', async () => {
    process.env[OFFLINE_VARIABLE] = '1';
    const cache = await knowing(1, { ...PLAN, resolvedAt: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    const imported = { ...PLAN, resolvedAt: 2 };
    const plans = { [contentKey(QUESTION)]: imported as never };
    // Fetched before, imported after.
    await importPlans(cache, { release: 'trixie', fetchedAt: 5, plans }, Date.now() + 1000);
    const source = await PackageSource.open(cache, 'trixie');
    assert.equal((await source.resolve(['busybox-static'], 'alone')).resolvedAt, 2);
  });
});

const needsApt = { skip: findCommand('apt-get') === undefined && 'no apt-get on this host' };

describe('a mirror that does not answer', needsApt, () => {
  it('does no harm when all is known, is said, and is asked once', async () => {
    process.env[OFFLINE_VARIABLE] = '';
    // Nobody listens on the discard port.
    process.env['ULOGCHECK_MIRROR'] = 'http://127.0.0.1:9/debian';
    const cache = await knowing(72);
    const begun: string[] = [];
    for (let time = 0; time < 2; time++) {
      const source = await PackageSource.open(cache, 'stable', ({ kind, what }) => {
        if (kind === 'begin') begun.push(what);
      });
      assert.deepEqual(await source.resolve(['busybox-static'], 'alone'), PLAN);
    }
    assert.deepEqual(begun, [
      "name of Debian's stable release from http://127.0.0.1:9/debian",
      'the mirror does not answer: packages of trixie as of 3.0 days ago are used',
    ]);
  });

  it('is the error when something is not known', async () => {
    process.env[OFFLINE_VARIABLE] = '';
    process.env['ULOGCHECK_MIRROR'] = 'http://127.0.0.1:9/debian';
    const source = await PackageSource.open(await knowing(72), 'stable');
    await assert.rejects(source.resolve(['perl'], 'alone'), {
      name: 'PackageError',
      failure: 'network',
      message: /^cannot get packages from http:\/\/127\.0\.0\.1:9\/debian/,
    });
  });

  it('is not asked at all when offline, even for lists that the cache lacks', async () => {
    process.env[OFFLINE_VARIABLE] = '1';
    process.env['ULOGCHECK_MIRROR'] = 'http://127.0.0.1:9/debian';
    const cache = await knowing(72);
    await cache.withState('apt-trixie-own', 'lists', async (directory) => {
      await writeFile(join(directory, 'sources.list'), 'deb http://127.0.0.1:9/debian trixie main\n');
      await noteFetched(directory, { at: Date.now() - HOUR });
    });
    const begun: string[] = [];
    const source = await PackageSource.open(cache, 'stable', ({ what }) => begun.push(what));
    // The lists are gone: apt is asked, which knows nothing, and nobody else.
    await assert.rejects(source.resolve(['perl'], 'alone'), {
      name: 'PackageError',
      failure: 'unknown-package',
    });
    assert.deepEqual(begun, []);
  });
});

describe('a mirror without a release', needsApt, () => {
  it('is told apart from one that does not answer, and is asked for other releases', async () => {
    process.env[OFFLINE_VARIABLE] = '';
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      process.env['ULOGCHECK_MIRROR'] = `http://127.0.0.1:${port}/debian`;
      const cache = await freshCache();
      for (const codename of ['bullseye', 'sid']) {
        const source = await PackageSource.open(cache, codename);
        await assert.rejects(source.resolve(['perl'], 'alone'), (error: unknown) => {
          assert.ok(error instanceof PackageError);
          assert.equal(error.failure, 'no-suite');
          assert.match(error.message, new RegExp(`^http://127.0.0.1:${port}/debian has no ${codename}; `));
          return true;
        });
      }
      assert.ok(asked.includes('/debian/dists/sid/InRelease'));
      assert.ok(!asked.some((url) => url?.includes('sid-security') === true));
    } finally {
      server.close();
    }
  });
});
