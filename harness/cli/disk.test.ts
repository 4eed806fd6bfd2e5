/** Self test of `ulogcheck disk serve`: its options, and served drives that an initiator asks. */
import assert from 'node:assert/strict';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { encodeDataBlock, LOCK_CLASS, LVB_CONTROL, MUTEX_OP, mutexWriteCdb } from '../disks/idm/index.js';
import { TestInitiator } from '../disks/iscsi/testing/initiator.js';
import { BUILT_VARIABLE } from '../setup/build.mjs';
import { ownedTempDir, spawnOwned } from '../setup/owned.mjs';
import { diskSize } from './disk.js';
import { MAIN, runCompiled } from './run-compiled.js';

let scratch: Awaited<ReturnType<typeof ownedTempDir>>;
before(async () => {
  scratch = await ownedTempDir('ulogcheck-disk-');
});
after(async () => scratch[Symbol.asyncDispose]());

/** Serves, and gives the lines that are printed when the drives are ready; ends what is not asked to end. */
async function serve(luns: number, ...args: string[]) {
  const child = spawnOwned([process.execPath, MAIN, 'disk', 'serve', '--luns', String(luns), ...args], {
    cwd: scratch.path,
    env: { ...process.env, [BUILT_VARIABLE]: '1' },
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === luns) break;
  }
  return { child, lines, [Symbol.asyncDispose]: async () => await child[Symbol.asyncDispose]() };
}

const URL_OF_DRIVE = /^iscsi:\/\/(?:([a-z]+)%([0-9a-f]+)@)?127\.0\.0\.1:(\d+)\/(iqn\.[^/]+)\/(\d+)$/;

function parsed(line: string | undefined) {
  const [, user, secret, port, target = '', lun] = URL_OF_DRIVE.exec(line ?? '') ?? [];
  return { user, secret, port: Number(port), target, lun: Number(lun) };
}

/** As `iqn.x:desk`, without a secret. */
async function login({ port, target }: { port: number; target: string }): Promise<TestInitiator> {
  return await TestInitiator.login({ host: '127.0.0.1', port }, [
    ['InitiatorName', 'iqn.2026-11.invalid.ulogcheck:desk'],
    ['TargetName', target],
    ['SessionType', 'Normal'],
    ['AuthMethod', 'None'],
  ]);
}

describe('sizes of disks', () => {
  it('are bytes, or have a unit of 1024', () => {
    assert.deepEqual(['1M', '1048576', '2G', '16T'].map(diskSize), [2 ** 20, 2 ** 20, 2 ** 31, 2 ** 44]);
  });

  it('are refused when they are none, too small or large, or no whole blocks', () => {
    for (const wrong of ['', '64m', '1.5G', '-1', '1023K', '17T', '1048577', '1e9'])
      assert.throws(() => diskSize(wrong), InvalidArgumentError, wrong);
  });
});

describe('bad usage of disk serve', () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ['--luns', '0'],
      /'--luns <n>' argument '0' is invalid. It is the number of disks: a whole number from 1 to 256/,
    ],
    [['--port', '65536'], /It is a TCP port: a whole number from 0 to 65535/],
    [['--size', '1'], /It is a number of bytes, or one with K, M, G or T/],
    [['--file', 'nowhere'], /--file nowhere: there is no such directory. Make it first: mkdir -p nowhere/],
  ];
  for (const [args, message] of cases) {
    it(args.join(' '), async () => {
      const { status, stderr } = await runCompiled(scratch.path, {}, 'disk', 'serve', ...args);
      assert.equal(status, 64);
      assert.match(stderr, message);
    });
  }
});

describe('served drives', () => {
  it('answer an initiator as drives with mutexes do, and end when they are asked to', async () => {
    await using served = await serve(2, '--idm', '--size', '8M');
    const { child, lines } = served;
    const drives = lines.map(parsed);
    assert.deepEqual(
      drives.map(({ lun }) => lun),
      [0, 1],
    );
    await using initiator = await login(parsed(lines[1]));
    const cdb = (hex: string): Buffer => Buffer.from(hex, 'hex');
    // Power on is told once.
    assert.equal((await initiator.command({ cdb: cdb('000000000000'), lun: 1 })).response.status, 2);
    const capacity = await initiator.command({ cdb: cdb('25000000000000000000'), lun: 1, read: 8 });
    assert.equal(capacity.dataIn.toString('hex'), '00003fff00000200');
    const lock = encodeDataBlock({
      ...{ state: 0n, timeNow: 0n, countdown: 60_000n, lockClass: LOCK_CLASS.exclusive },
      ...{ control: LVB_CONTROL.keep, lvb: Buffer.alloc(7), metadata: Buffer.alloc(64) },
      ...{ resourceId: Buffer.alloc(64, 1), hostId: Buffer.alloc(32, 2) },
    });
    const trylock = { cdb: mutexWriteCdb(MUTEX_OP.trylock), lun: 1, write: lock };
    assert.equal((await initiator.command(trylock)).response.status, 0);
    assert.equal((await initiator.command(trylock)).response.status, 0x22);
    child.kill('SIGTERM');
    assert.deepEqual(await child.exited, { status: 0, signal: null });
  });

  it('with --chap only let in who has the secret', async () => {
    await using served = await serve(1, '--chap');
    const { child, lines } = served;
    const { user, secret } = parsed(lines[0]);
    assert.deepEqual([user, secret?.length], ['ulogcheck', 24]);
    await assert.rejects(login(parsed(lines[0])), /login status 2/);
    child.kill('SIGINT');
    assert.deepEqual(await child.exited, { status: 0, signal: null });
  });

  it('in files are the same ones the next time, and keep their size', async () => {
    const directory = join(scratch.path, 'drives');
    await mkdir(directory);
    const block = Buffer.alloc(512, 'kept');
    const targets: string[] = [];
    for (const turn of [0, 1]) {
      await using served = await serve(1, '--file', directory, '--size', '1M');
      const { child, lines } = served;
      const drive = parsed(lines[0]);
      targets.push(drive.target);
      await using initiator = await login(drive);
      await initiator.command({ cdb: Buffer.alloc(6) });
      if (turn === 0) {
        // With FUA: past the drive's volatile cache.
        const write = { cdb: Buffer.from('2a080000000700000100', 'hex'), write: block };
        assert.equal((await initiator.command(write)).response.status, 0);
      } else {
        const read = { cdb: Buffer.from('28000000000700000100', 'hex'), read: 512 };
        assert.deepEqual((await initiator.command(read)).dataIn, block);
      }
      child.kill('SIGTERM');
      await child.exited;
    }
    assert.equal(targets[0], targets[1]);
    assert.equal((await stat(join(directory, 'lun0.img'))).size, 2 ** 20);
    const { status, stderr } = await runCompiled(scratch.path, {}, 'disk', 'serve', '--file', directory);
    assert.equal(status, 64);
    assert.match(stderr, /lun0.img has 1048576 bytes, not 67108864. Say --size 1048576/);
  });
});
