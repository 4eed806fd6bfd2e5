import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ProgressEvent } from '../progress.js';
import { Cache } from './cache.js';
import { canonicalJson, contentKey } from './key.js';
import { takeLock, tryLock } from './lock.js';
import { ownPath } from '../setup/owned.mjs';

const directories: string[] = [];
async function freshDirectory(): Promise<string> {
  const directory = ownPath(await mkdtemp(join(tmpdir(), 'ulogcheck-cache-test-')));
  directories.push(directory);
  return directory;
}
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** Starts a process that opens the cache and builds one entry; `body` is the builder's body. */
function builder(
  directory: string,
  body: string,
  then: 'end' | 'stay' = 'end',
): { child: ReturnType<typeof spawn>; said: Promise<string> } {
  const script = `
    const { Cache } = await import(${JSON.stringify(new URL('./cache.js', import.meta.url).href)});
    const { writeFile } = await import('node:fs/promises');
    const cache = await Cache.open({
      directory: ${JSON.stringify(directory)},
      progress: (event) => console.log(event.kind, event.what),
    });
    const path = await cache.entry('thing', 'same', async (dir) => { ${body} });
    console.log('entry', path);
    if (${then === 'stay'}) setTimeout(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = (async () => {
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    await once(child, 'close');
    return text;
  })();
  return { child, said };
}

describe('canonicalJson', () => {
  it('sorts keys and keeps the order of lists', () => {
    assert.equal(
      canonicalJson({ b: [2, 1], a: { d: null, c: true } }),
      '{"a":{"c":true,"d":null},"b":[2,1]}',
    );
  });
  it('gives keys that differ when a value differs', () => {
    assert.notEqual(contentKey({ a: 1 }), contentKey({ a: '1' }));
    assert.equal(contentKey({ a: 1, b: 2 }), contentKey({ b: 2, a: 1 }));
  });
});

describe('Cache', () => {
  it('builds an entry once, seals it and finds it again', async () => {
    const directory = await freshDirectory();
    const cache = await Cache.open({ directory });
    let builds = 0;
    const build = async (target: string): Promise<void> => {
      builds += 1;
      await mkdir(join(target, 'inner'));
      await writeFile(join(target, 'inner/file'), 'data');
    };
    assert.equal(await cache.peek('kind', { x: 1 }), undefined);
    const [first, second] = await Promise.all([
      cache.entry('kind', { x: 1 }, build),
      cache.entry('kind', { x: 1 }, build),
    ]);
    assert.equal(first, second);
    const again = await (await Cache.open({ directory })).entry('kind', { x: 1 }, build);
    assert.equal(again, first);
    assert.equal(builds, 1);
    assert.equal((await stat(join(first, 'inner/file'))).mode & 0o222, 0);
    assert.notEqual(await cache.entry('kind', { x: 2 }, build), first);
  });

  it('leaves nothing behind when a build fails, and builds the next time', async () => {
    const directory = await freshDirectory();
    const cache = await Cache.open({ directory });
    await assert.rejects(
      cache.entry('kind', 1, async (target) => {
        await writeFile(join(target, 'half'), '');
        throw new Error('no network');
      }),
      /no network/,
    );
    assert.deepEqual(await readdir(join(directory, 'tmp')), []);
    assert.equal(await cache.peek('kind', 1), undefined);
    const path = await cache.entry('kind', 1, (target) => writeFile(join(target, 'whole'), ''));
    assert.equal(await readFile(join(path, 'whole'), 'utf8'), '');
  });

  it('lets two processes build one entry once; the second waits and says so', async () => {
    const directory = await freshDirectory();
    const started = join(directory, 'started');
    const go = join(directory, 'go');
    const first = builder(
      directory,
      `await writeFile(${JSON.stringify(started)}, '');
       const { existsSync, watch } = await import('node:fs');
       await new Promise((done) => {
         const look = () => { if (existsSync(${JSON.stringify(go)})) { watcher.close(); done(); } };
         const watcher = watch(${JSON.stringify(directory)}, look); look();
       });
       await writeFile(dir + '/by', 'first');`,
    );
    await appears(started);
    const second = builder(directory, `await writeFile(dir + '/by', 'second');`);
    const waiting = new Promise<void>((resolve) => {
      second.child.stdout?.on('data', (bytes: Buffer) => {
        if (bytes.toString().includes('begin wait for another run that prepares thing')) resolve();
      });
    });
    await waiting;
    await writeFile(go, '');
    const path = /entry (.*)/.exec(await first.said)?.[1] ?? '';
    assert.ok((await second.said).endsWith(`entry ${path}\n`));
    assert.equal(await readFile(join(path, 'by'), 'utf8'), 'first');
  });

  it('counts nothing of a builder killed by SIGKILL, and sweeps it', async () => {
    const directory = await freshDirectory();
    const started = join(directory, 'started');
    const { child, said } = builder(
      directory,
      `await writeFile(dir + '/half', ''); await writeFile(${JSON.stringify(started)}, ''); await new Promise(() => setTimeout(() => {}, 1e6));`,
    );
    await appears(started);
    child.kill('SIGKILL');
    await said;
    // The lock of a killed builder is free at once, or as soon as the kernel has closed its pipe.
    const [name] = await readdir(join(directory, 'locks'));
    await (
      await takeLock(join(directory, 'locks', name ?? ''), () => () => undefined)
    )[Symbol.asyncDispose]();
    const cache = await Cache.open({ directory });
    assert.deepEqual(await readdir(join(directory, 'tmp')), []);
    assert.equal(await cache.peek('thing', 'same'), undefined);
    await cache.entry('thing', 'same', (target) => writeFile(join(target, 'whole'), ''));
  });

  it('tells what lies in it and evicts what was not used', async () => {
    const directory = await freshDirectory();
    const events: ProgressEvent[] = [];
    const cache = await Cache.open({ directory, progress: (event) => events.push(event) });
    const old = await cache.entry('kind', 'old', (target) => writeFile(join(target, 'file'), '12345'));
    const fresh = await cache.entry('kind', 'fresh', (target) => writeFile(join(target, 'file'), '123'));
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(old, yesterday, yesterday);
    assert.deepEqual(
      (await cache.usage()).map(({ inputs, bytes }) => [inputs, bytes]),
      [
        ['old', 5],
        ['fresh', 3],
      ],
    );
    const { gone, inUse } = await cache.evict(3_600_000);
    assert.deepEqual(inUse, []);
    assert.deepEqual(
      gone.map(({ path }) => path),
      [old],
    );
    assert.equal(await cache.peek('kind', 'old'), undefined);
    assert.equal(await cache.peek('kind', 'fresh'), fresh);
    assert.deepEqual(await readdir(join(directory, 'tmp')), []);
    assert.deepEqual(events, []);
  });

  it('leaves alone what a living process was given, and says so', async () => {
    const directory = await freshDirectory();
    const { child, said } = builder(directory, '', 'stay');
    const given = new Promise<void>((resolve) => {
      child.stdout?.on('data', (bytes: Buffer) => {
        if (bytes.toString().includes('entry ')) resolve();
      });
    });
    await given;
    const cache = await Cache.open({ directory });
    const { gone, inUse } = await cache.evict(0);
    assert.deepEqual([gone, inUse.map(({ inputs }) => inputs)], [[], ['same']]);
    child.kill('SIGKILL');
    await said;
    const later = await cache.evict(0);
    assert.deepEqual([later.gone.map(({ inputs }) => inputs), later.inUse], [['same'], []]);
    assert.deepEqual([await cache.usage(), await readdir(join(directory, 'users'))], [[], []]);
  });

  it('names the way out when it cannot be made', async () => {
    const file = join(await freshDirectory(), 'file');
    await writeFile(file, '');
    await assert.rejects(Cache.open({ directory: `${file}/cache` }), {
      name: 'CacheError',
      message:
        /^cannot use the cache .*\/file\/cache: ENOTDIR.*; set ULOGCHECK_CACHE to a directory that you may write$/,
    });
    await assert.rejects(Cache.open({ directory: '/proc/none/x' }), {
      name: 'CacheError',
      message:
        "cannot use the cache /proc/none/x: ENOENT: no such file or directory, mkdir '/proc/none'; " +
        'set ULOGCHECK_CACHE to a directory that you may write',
    });
  });
});

describe('a full disk', () => {
  const full = (): Promise<void> =>
    Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));

  it('costs snapshots that nobody uses, and the entry is built once more', async () => {
    const cache = await Cache.open({ directory: await freshDirectory() });
    const snapshot = await cache.entry('snapshot', 1, (target) => writeFile(join(target, 'ram'), 'x'));
    cache.release([snapshot]);
    let times = 0;
    await cache.entry('kernel', 1, async (target) => {
      times += 1;
      // As a program says it, below the error of whoever started it.
      const tool = Object.assign(new Error('tar'), { output: 'tar: No space left on device' });
      if (times === 1) throw new Error('cannot unpack', { cause: tool });
      await writeFile(join(target, 'bzImage'), 'y');
    });
    assert.deepEqual([times, (await cache.usage()).map(({ kind }) => kind)], [2, ['kernel']]);
  });

  it('is the error when nothing can go, with what to do', async () => {
    const cache = await Cache.open({ directory: await freshDirectory() });
    await assert.rejects(cache.entry('kernel', 1, full), {
      name: 'CacheError',
      message: /is full, and kernel cannot be written: free some space .*ULOGCHECK_CACHE/,
    });
    assert.deepEqual(await cache.usage(), []);
    await assert.rejects(cache.entry('snapshot', 1, full), { code: 'ENOSPC' });
  });

  it('is not what other errors are taken for', async () => {
    const cache = await Cache.open({ directory: await freshDirectory() });
    await assert.rejects(
      cache.entry('kernel', 1, () => Promise.reject(new Error('damaged'))),
      { message: 'damaged' },
    );
  });
});

describe('locks', () => {
  it('are exclusive and free after disposal', async () => {
    const file = join(await freshDirectory(), 'lock');
    {
      await using lock = await takeLock(file, () => () => undefined);
      assert.equal(lock.file, file);
      assert.equal(await tryLock(file), undefined);
    }
    await using again = await tryLock(file);
    assert.equal(again?.file, file);
  });
});

/** Waits until a file is there. */
async function appears(path: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const there = await stat(path).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${path} did not appear within 10 s`);
}
