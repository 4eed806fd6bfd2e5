import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeResyncWork, encodeU64 } from '../../harness/ulog/index.js';
import { parseConstructorText } from './constructor-text.js';
import type { DaemonEvent } from './event.js';
import { StateDirectory } from './state-directory.js';
import { decodeIdentity, encodeIdentity } from './state-file.js';
import { TestKernel } from './testing/kernel.js';
import { MemoryDisk } from './testing/memory-device.js';
import { ownPath } from '../../harness/setup/owned.mjs';

const BOOT = '11111111-2222-3333-4444-555555555555';
const scratch = ownPath(mkdtempSync(join(tmpdir(), 'state-directory-')));
after(() => rmSync(scratch, { recursive: true }));
let directories = 0;

/** A host: daemons come and go on it, one at a time. */
class Host {
  readonly directory = join(scratch, String(directories++));
  readonly events: DaemonEvent[] = [];
  #state: StateDirectory | undefined;

  constructor(private readonly disk?: MemoryDisk) {}

  /** Ends the daemon that runs as SIGKILL would, and starts another. */
  restart(bootId = BOOT): TestKernel {
    this.#state?.[Symbol.dispose]();
    this.#state = StateDirectory.open(this.directory, (event) => void this.events.push(event), bootId);
    return new TestKernel({ state: this.#state, disks: this.disk === undefined ? [] : [this.disk] });
  }

  get files(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name !== 'lock')
      .map((name) => join(this.directory, name));
  }

  /** Why files were ignored, in all daemons. */
  get ignored(): unknown[] {
    return this.events
      .filter(({ event }) => event === 'state-ignored')
      .map(({ details }) => details['message']);
  }
}

const CORE = '512 clustered-core 8 nosync';
const DISK = '512 clustered-disk 7:9 8';

describe('a daemon that comes after another', () => {
  it('knows marks, sync bits and the resync of a core log, and does not apply nosync again (RECOV-07, RECOV-08)', () => {
    const host = new Host();
    let kernel = host.restart();
    kernel.live(1n, CORE);
    kernel.setSync(1n, 5, 0);
    kernel.setSync(1n, 6, 0);
    assert.equal(decodeResyncWork(kernel.must('GET_RESYNC_WORK', 1n)).region, 5n);
    kernel.setSync(1n, 5, 0);
    assert.equal(decodeResyncWork(kernel.must('GET_RESYNC_WORK', 1n)).region, 6n);
    // Answered, and not flushed: the kernel will not send it again.
    kernel.mark(1n, 9);
    kernel = host.restart();
    assert.equal(kernel.ask('IN_SYNC', 1n, encodeU64(9n)).error, -3);
    kernel.reconnect(1n, CORE);
    kernel.reconnect(1n, CORE);
    assert.equal(kernel.syncCount(1n), 62);
    assert.equal(kernel.regions('IS_CLEAN', 1n, 64).length, 61);
    // What failed before waits for the next RESUME; what was under way goes on.
    assert.equal(decodeResyncWork(kernel.must('GET_RESYNC_WORK', 1n)).region, 6n);
    // The mark is released by its CLEAR, so that the log gets clean (RECOV-11).
    kernel.clear(1n, 9);
    assert.equal(kernel.regions('IS_CLEAN', 1n, 64).length, 62);
    assert.deepEqual(host.ignored, []);
    kernel.must('DTR', 1n);
    assert.deepEqual(host.files, []);
  });

  it('writes to the log device what was marked and not flushed (RECOV-07, RECOV-11)', () => {
    const disk = new MemoryDisk(1024 * 1024);
    const host = new Host(disk);
    let kernel = host.restart();
    kernel.live(1n, `${DISK} nosync`);
    kernel.flush(1n, 3);
    kernel.mark(1n, 9);
    kernel.clear(1n, 3);
    assert.deepEqual([disk.isClean(3), disk.isClean(9)], [false, true]);
    kernel = host.restart();
    kernel.reconnect(1n, `${DISK} nosync`);
    kernel.flush(1n);
    disk.losePower();
    assert.deepEqual([disk.isClean(3), disk.isClean(9)], [true, false]);
    assert.equal(kernel.syncCount(1n), 64);
    kernel.clear(1n, 9);
    kernel.flush(1n);
    assert.equal(disk.isClean(9), true);
  });

  it('starts anew for a log that is constructed anew (LUID-09)', () => {
    const host = new Host();
    let kernel = host.restart();
    kernel.live(1n, CORE);
    kernel.mark(1n, 9);
    kernel = host.restart();
    kernel.live(1n, CORE);
    assert.equal(kernel.regions('IS_CLEAN', 1n, 64).length, 64);
    assert.equal(host.files.length, 1);
  });

  it('without the state of a disk log goes on with what is on its device, and without options', () => {
    for (const option of ['', ' sync', ' nosync']) {
      const disk = new MemoryDisk(1024 * 1024);
      let kernel = new TestKernel({ disks: [disk] });
      kernel.live(1n, `${DISK} nosync`);
      kernel.flush(1n, 3);
      kernel = new TestKernel({ disks: [disk] });
      kernel.reconnect(1n, DISK + option);
      assert.equal(kernel.syncCount(1n), 63);
      assert.equal(disk.isClean(3), false);
      // The mark is nobody's now: no CLEAR takes it away before the region was recovered.
      kernel.clear(1n, 3);
      kernel.flush(1n);
      assert.equal(disk.isClean(3), false);
    }
  });

  it('leaves a suspended log and one that is only loaded as they are', () => {
    const disk = new MemoryDisk(1024 * 1024);
    const host = new Host(disk);
    let kernel = host.restart();
    kernel.live(1n, `${DISK} nosync`);
    kernel.ctr(2n, DISK);
    kernel = host.restart();
    // A status of the inactive table makes the kernel rebuild its log.
    kernel.reconnect(2n, DISK);
    assert.equal(kernel.syncCount(2n), 0);
    kernel.reconnect(1n, `${DISK} nosync`);
    kernel.flush(1n, 3);
    kernel.suspend(1n);
    kernel = host.restart();
    // A late FLUSH of the old log, while the new one is resumed, of which nothing could be said to the daemon.
    assert.equal(kernel.ask('RESUME', 2n).error, -22);
    kernel.reconnect(2n, DISK);
    assert.equal(decodeResyncWork(kernel.must('GET_RESYNC_WORK', 2n)).region, 3n);
    kernel.reconnect(1n, `${DISK} nosync`);
    kernel.flush(1n);
    kernel.clear(1n, 3);
    kernel.flush(1n);
    assert.equal(disk.isClean(3), false);
    kernel.flush(2n, 5);
    assert.equal(disk.isClean(5), false);
    assert.equal(kernel.syncCount(2n), 63);
  });

  it('goes on in the middle of a suspend', () => {
    const disk = new MemoryDisk(1024 * 1024);
    const host = new Host(disk);
    let kernel = host.restart();
    kernel.live(1n, `${DISK} nosync`);
    kernel.flush(1n, 3);
    kernel.must('PRESUSPEND', 1n);
    kernel = host.restart();
    kernel.reconnect(1n, `${DISK} nosync`);
    kernel.flush(1n, 4);
    assert.deepEqual([disk.isClean(3), disk.isClean(4)], [false, false]);
    kernel.clear(1n, 3, 4);
    kernel.must('POSTSUSPEND', 1n);
    assert.deepEqual([disk.isClean(3), disk.isClean(4)], [true, true]);
  });

  it('keeps the state when the log device is away for a while', () => {
    const disk = new MemoryDisk(1024 * 1024);
    const host = new Host(disk);
    let kernel = host.restart();
    kernel.live(1n, `${DISK} nosync`);
    kernel.mark(1n, 3);
    kernel = host.restart();
    const small = new TestKernel({ disks: [new MemoryDisk(1024)] });
    assert.equal(small.ctr(1n, DISK, true).error, -28);
    kernel.reconnect(1n, `${DISK} nosync`);
    assert.deepEqual(kernel.regions('IS_CLEAN', 1n, 4), [0, 1, 2]);
  });
});

describe('state files', () => {
  it('of another boot are removed, for kernel addresses mean nothing there', () => {
    const host = new Host();
    host.restart().live(1n, CORE);
    const kernel = host.restart('66666666-2222-3333-4444-555555555555');
    assert.deepEqual(host.files, []);
    kernel.reconnect(1n, CORE);
    assert.equal(kernel.syncCount(1n), 64);
    const opened = host.events.filter(({ event }) => event === 'state-directory');
    assert.deepEqual(opened.at(-1)?.details, { directory: host.directory, kept: 0, removed: 1 });
  });

  it('that are damaged, foreign or of another log are ignored, and that is said', () => {
    const damages: [string, (file: string) => void, string][] = [
      ['short', (file) => truncateSync(file, 100), 'only 100 bytes'],
      ['empty', (file) => truncateSync(file, 0), 'only 0 bytes'],
      ['cut', (file) => truncateSync(file, 4096), 'damaged: 4096 bytes instead of 4112'],
      ['long', (file) => writeFileSync(file, 'x', { flag: 'a' }), 'damaged: 4113 bytes instead of 4112'],
      ['magic', (file) => patch(file, 7, '2'), 'no state file of this version'],
      ['uuid', (file) => patch(file, 72, 'V'), 'damaged: its checksum is wrong'],
      ['state', (file) => patch(file, 2048, '\x09'), 'damaged: state 9'],
      ['region', (file) => patch(file, 2053, '\x09'), 'damaged: a region beyond the log'],
      [
        'text',
        (file) => rewrite(file, { text: '512 clustered-core 8' }),
        'it is of a log with the constructor text "512 clustered-core 8"',
      ],
      ['luid', (file) => rewrite(file, { luid: 2n }), 'it is of another log'],
    ];
    for (const [name, damage, message] of damages) {
      const host = new Host();
      let kernel = host.restart();
      kernel.live(1n, CORE);
      kernel.mark(1n, 3);
      for (const file of host.files) damage(file);
      kernel = host.restart();
      kernel.reconnect(1n, CORE);
      // As if nothing had been kept.
      assert.equal(kernel.regions('IS_CLEAN', 1n, 64).length, 64, name);
      assert.ok(host.ignored.includes(message), `${name}: ${host.ignored.join(', ')}`);
      kernel.flush(1n, 3);
      kernel = host.restart();
      kernel.reconnect(1n, CORE);
      assert.equal(kernel.regions('IS_CLEAN', 1n, 64).length, 63, name);
    }
  });

  it('with any bytes are no harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(4111), (bytes, at) => {
        const host = new Host();
        host.restart().live(1n, CORE);
        for (const file of host.files) {
          const content = readFileSync(file);
          content.set(bytes.subarray(0, content.length - at), at);
          writeFileSync(file, content);
        }
        const kernel = host.restart();
        kernel.reconnect(1n, CORE);
        assert.ok(kernel.syncCount(1n) <= 64);
        kernel.flush(1n, 63);
        kernel.suspend(1n);
        kernel.must('DTR', 1n);
      }),
      { numRuns: 50 },
    );
  });

  it('that are not ours stay where they are', () => {
    const host = new Host();
    host.restart();
    writeFileSync(join(host.directory, 'notes.txt'), 'hello');
    mkdirSync(join(host.directory, 'directory.log'));
    writeFileSync(join(host.directory, 'half.log.new'), 'hello');
    host.restart();
    assert.deepEqual(host.ignored.toSorted(), [
      'EISDIR: illegal operation on a directory, read',
      'not made by this daemon',
    ]);
    assert.deepEqual(
      readdirSync(host.directory).toSorted(),
      ['directory.log', 'lock', 'notes.txt'].toSorted(),
    );
  });

  it('have names for all uuids and luids', () => {
    const host = new Host();
    const kernel = host.restart();
    const uuids = ['a/b', '..', '.', 'U', 'u', '%2f', '\u00ff'.repeat(128)];
    for (const uuid of uuids) {
      const payload = Buffer.from('64 clustered-core 8');
      assert.equal(kernel.ask('CTR', 0xffff_ffff_ffff_ffffn, payload, uuid).error, 0);
    }
    assert.equal(host.files.length, uuids.length);
  });

  it('tell whose they are', () => {
    const identity = { bootId: BOOT, uuid: 'U\u00e9', luid: 2n ** 64n - 1n, text: CORE, regionCount: 64 };
    assert.deepEqual(decodeIdentity(encodeIdentity(identity)), identity);
    assert.throws(() => encodeIdentity({ ...identity, text: 'x'.repeat(2000) }), RangeError);
  });
});

describe('the state directory', () => {
  it('lets one daemon in at a time', () => {
    const host = new Host();
    host.restart();
    assert.throws(() => StateDirectory.open(host.directory, () => undefined, BOOT), {
      reason: 'busy',
      message: `process ${process.pid} serves the logs of this host already (it has ${host.directory}/lock locked); two daemons would answer every request twice`,
    });
    host.restart();
  });

  it('is made, and must be a directory of the daemon alone', () => {
    const shared = join(scratch, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    writeFileSync(join(scratch, 'file'), '');
    for (const [bad, problem] of [
      [join(scratch, 'file'), /^state directory .*: (ENOTDIR|EEXIST)/],
      [join(scratch, 'no/parent'), /^state directory .*: ENOENT/],
      [shared, /others may write to it; it must belong to the user of the daemon, with mode 0700$/],
      ['/proc/nowhere', /^state directory \/proc\/nowhere: ENOENT/],
    ] as const) {
      assert.throws(() => StateDirectory.open(bad, () => undefined, BOOT), {
        reason: 'unusable',
        message: problem,
      });
    }
  });

  it('that has no room for a log refuses it', () => {
    const host = new Host();
    const parameters = parseConstructorText(CORE);
    const request = { uuid: 'U', luid: 1n, parameters, rebuild: false };
    host.restart();
    rmSync(host.directory, { recursive: true });
    const state = StateDirectory.open(host.directory, () => undefined, BOOT);
    rmSync(host.directory, { recursive: true });
    assert.throws(() => state.open(request), {
      errno: 5,
      message: /^state file of 4112 bytes in .*: ENOENT/,
    });
    state[Symbol.dispose]();
  });
});

function patch(file: string, at: number, byte: string): void {
  const content = readFileSync(file);
  content.write(byte, at, 'latin1');
  writeFileSync(file, content);
}

/** Another identity, with a right checksum. */
function rewrite(file: string, change: { text?: string; luid?: bigint }): void {
  const content = readFileSync(file);
  const found = decodeIdentity(content);
  assert.ok(typeof found !== 'string');
  encodeIdentity({ ...found, ...change }).copy(content);
  writeFileSync(file, content);
}
