import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeRegions } from '../../harness/ulog/index.js';
import { encodeDiskHeader, logAreaSize } from './disk-image.js';
import { MemoryDisk } from './testing/memory-device.js';
import { TestKernel } from './testing/kernel.js';

const MIB = 1024 * 1024;

/** Constructor text of a log of `regions` regions of 8 sectors on the disk. */
function text(regions: number, option = '', disk = '7:9'): string {
  return `${regions * 8} clustered-disk ${disk} 8${option === '' ? '' : ` ${option}`}`;
}

function all(count: number): number[] {
  return Array.from({ length: count }, (_unused, region) => region);
}

function kernelWith(disk: MemoryDisk): TestKernel {
  return new TestKernel({ disks: [disk] });
}

function setBit(bytes: Buffer, region: number): void {
  const at = 1024 + (region >>> 3);
  bytes.writeUInt8(bytes.readUInt8(at) | (1 << (region & 7)), at);
}

/** A disk with the log of an earlier host life on it: these regions are dirty. */
function written(regions: number, dirty: readonly number[]): MemoryDisk {
  const disk = new MemoryDisk(MIB);
  encodeDiskHeader(disk.bytes, regions);
  for (const region of all(regions)) {
    if (!dirty.includes(region)) setBit(disk.bytes, region);
  }
  disk.durable = Buffer.from(disk.bytes);
  return disk;
}

describe('disk log', () => {
  it('has the format of the kernel (DISK-01)', () => {
    const disk = new MemoryDisk(MIB);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(70, 'nosync'));
    kernel.mark(1n, 0, 9, 69);
    kernel.flush(1n);
    assert.equal(disk.bytes.toString('hex', 0, 16), '7252694d02000000' + '4600000000000000');
    assert.equal(disk.bytes.toString('hex', 1024, 1040), 'fefdffffffffffff1f00000000000000');
    assert.ok(disk.bytes.subarray(1040, 4096).every((byte) => byte === 0));
  });

  it('touches nothing before RESUME (CTR-21)', () => {
    const disk = new MemoryDisk(MIB, { fill: 0x55 });
    const kernel = kernelWith(disk);
    assert.equal(kernel.ctr(1n, text(64, 'nosync')).error, 0);
    kernel.flush(1n);
    assert.equal(kernel.syncCount(1n), 64);
    assert.deepEqual([disk.reads, disk.writes, disk.open], [0, 0, 1]);
    kernel.must('DTR', 1n);
    assert.deepEqual([disk.reads, disk.writes, disk.open], [0, 0, 0]);
  });

  it('starts dirty on a blank device, or clean with nosync (DISK-04)', () => {
    for (const fill of [0, 0xff]) {
      for (const [option, inSync] of [
        ['', 0],
        ['sync', 0],
        ['nosync', 70],
      ] as const) {
        const disk = new MemoryDisk(MIB, { fill });
        const kernel = kernelWith(disk);
        kernel.live(1n, text(70, option));
        assert.equal(kernel.syncCount(1n), inSync);
        assert.equal(disk.durable.readBigUInt64LE(8), 70n);
        // What lies between header and bitmap is nobody's.
        assert.equal(disk.bytes[16], fill);
        assert.equal(kernel.status(1n), '3 clustered-disk 7:9 A');
      }
    }
  });

  it('finds exactly the dirty regions unsynced, unless an option overrules it (DISK-06, DISK-07)', () => {
    const dirty = [3, 64, 69];
    for (const [option, inSync] of [
      ['', all(70).filter((region) => !dirty.includes(region))],
      ['sync', []],
      ['nosync', all(70)],
    ] as const) {
      const kernel = kernelWith(written(70, dirty));
      kernel.live(1n, text(70, option));
      assert.deepEqual(kernel.regions('IN_SYNC', 1n, 70), inSync);
      assert.deepEqual(kernel.regions('IS_CLEAN', 1n, 70), inSync);
    }
  });

  it('does not interpret another version (DISK-02), and takes 1 for 2', () => {
    const disk = written(70, [3]);
    disk.bytes.writeUInt32LE(3, 4);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(70));
    assert.equal(kernel.syncCount(1n), 0);
    assert.deepEqual(kernel.incidents, ['log-reinitialised']);
    assert.equal(disk.durable.readUInt32LE(4), 2);
    const old = written(70, [3]);
    old.bytes.writeUInt32LE(1, 4);
    const reader = kernelWith(old);
    reader.live(1n, text(70));
    assert.equal(reader.syncCount(1n), 69);
    assert.equal(old.durable.readUInt32LE(4), 2);
  });

  it('grows by dirty regions, or clean ones with nosync; shrinking forgets (DISK-05, LUID-13)', () => {
    const disk = written(70, [3]);
    const kernel = kernelWith(disk);
    const swap = (from: bigint, to: bigint, regions: number): void => {
      kernel.ctr(to, text(regions));
      kernel.suspend(from);
      kernel.must('RESUME', to);
      kernel.must('DTR', from);
    };
    kernel.live(1n, text(70));
    swap(1n, 2n, 100);
    assert.equal(kernel.syncCount(2n), 69);
    swap(2n, 3n, 10);
    assert.deepEqual(kernel.regions('IN_SYNC', 3n, 10), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    swap(3n, 4n, 100);
    assert.deepEqual(kernel.regions('IN_SYNC', 4n, 100), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert.equal(disk.open, 1);
  });

  it('has no padding bits, whatever the device had there (DISK-10)', () => {
    const disk = new MemoryDisk(MIB, { fill: 0xff });
    encodeDiskHeader(disk.bytes, 100);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(65));
    assert.equal(kernel.syncCount(1n), 65);
    assert.equal(disk.bytes.toString('hex', 1024, 1040), 'ffffffffffffffff0100000000000000');
  });

  it('answers FLUSH when the marks survive a power loss, with one write (FLUSH-02, DISK-12)', () => {
    const disk = written(5000, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(5000));
    const { writes, syncs } = disk;
    kernel.mark(1n, 1, 2);
    assert.deepEqual([disk.writes, disk.syncs], [writes, syncs]);
    kernel.flush(1n);
    assert.deepEqual([disk.writes, disk.syncs], [writes + 1, syncs + 1]);
    kernel.flush(1n, 4999);
    assert.deepEqual([disk.writes, disk.syncs], [writes + 2, syncs + 2]);
    kernel.clear(1n, 1);
    kernel.flush(1n);
    // A clear needs no flush of the cache.
    assert.deepEqual([disk.writes, disk.syncs], [writes + 3, syncs + 2]);
    // Nothing new: nothing written.
    kernel.flush(1n);
    kernel.clear(1n, 2);
    kernel.mark(1n, 2);
    kernel.flush(1n);
    assert.equal(disk.writes, writes + 3);
    disk.losePower();
    const after = kernelWith(disk);
    after.live(1n, text(5000));
    assert.deepEqual(
      all(5000).filter((region) => !disk.isClean(region)),
      [2, 4999],
    );
    assert.equal(after.syncCount(1n), 4998);
  });

  it('has clears on the device after the next FLUSH, and after POSTSUSPEND (SUSP-04)', () => {
    const disk = written(64, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    kernel.flush(1n, 5, 6);
    kernel.clear(1n, 5);
    assert.equal(disk.isClean(5), false);
    kernel.flush(1n);
    assert.deepEqual([disk.isClean(5), disk.isClean(6)], [true, false]);
    kernel.clear(1n, 6);
    kernel.suspend(1n);
    assert.equal(disk.isClean(6), true);
  });

  it('keeps a region that was never recovered dirty (FLUSH-19)', () => {
    const disk = written(64, [5]);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    kernel.clear(1n, 5);
    kernel.flush(1n);
    assert.equal(disk.isClean(5), false);
    kernel.setSync(1n, 5, 1);
    kernel.clear(1n, 5);
    kernel.flush(1n);
    assert.equal(disk.isClean(5), true);
    kernel.setSync(1n, 5, 0);
    kernel.flush(1n);
    assert.equal(disk.isClean(5, disk.durable), false);
  });

  it('says that the device failed, and writes everything once it works again (DISK-08)', () => {
    for (const failing of ['write', 'sync'] as const) {
      const disk = written(64, []);
      const kernel = kernelWith(disk);
      kernel.live(1n, text(64));
      disk.failing.add(failing);
      kernel.mark(1n, 5);
      for (let attempt = 0; attempt < 3; attempt++) assert.equal(kernel.ask('FLUSH', 1n).error, -5);
      assert.equal(kernel.status(1n), '3 clustered-disk 7:9 D');
      assert.deepEqual(
        kernel.incidents.filter((event) => event !== 'refused'),
        ['log-device-failed'],
      );
      disk.failing.clear();
      kernel.flush(1n);
      assert.equal(disk.isClean(5, disk.durable), false);
      assert.equal(kernel.status(1n), '3 clustered-disk 7:9 D');
      kernel.suspend(1n);
      kernel.must('RESUME', 1n);
      assert.equal(kernel.status(1n), '3 clustered-disk 7:9 D');
    }
  });

  it('that cannot be read is dirty all over, and RESUME goes on', () => {
    const disk = written(64, []);
    disk.failing.add('read');
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    assert.equal(kernel.syncCount(1n), 0);
    assert.equal(kernel.status(1n), '3 clustered-disk 7:9 D');
    assert.equal(disk.isClean(5), false);
  });

  it('that cannot be written at RESUME is told at the next FLUSH', () => {
    const disk = written(64, [2]);
    disk.failing.add('write');
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    assert.equal(kernel.syncCount(1n), 63);
    assert.equal(kernel.ask('FLUSH', 1n).error, -5);
    assert.equal(kernel.ask('POSTSUSPEND', 1n).error, -5);
    disk.failing.clear();
    assert.equal(kernel.ask('DTR', 1n).error, 0);
    assert.equal(disk.open, 0);
  });

  it('tells the kernel its device, but not at a reconnect (CTR-23, RECOV-04)', () => {
    const kernel = kernelWith(new MemoryDisk(MIB));
    const told = (reconnect: boolean): string =>
      Buffer.from(kernel.ctr(1n, text(64), reconnect).payload).toString();
    assert.equal(told(false), '7:9\0');
    assert.equal(told(true), '');
    // The first answer was lost, and the kernel asks again.
    kernel.must('DTR', 1n);
    assert.deepEqual([told(false), told(false)], ['7:9\0', '7:9\0']);
  });

  it('is refused on a device that is too small, by the rule of the kernel (DISK-09)', () => {
    assert.equal(logAreaSize(1, 512), 1536);
    assert.equal(logAreaSize(4096, 512), 1536);
    assert.equal(logAreaSize(4097, 512), 2048);
    assert.equal(logAreaSize(1, 4096), 4096);
    const disk = new MemoryDisk(1536);
    const kernel = kernelWith(disk);
    assert.equal(kernel.ctr(1n, text(4097)).error, -28);
    assert.equal(
      kernel.events.at(-1)?.details['message'],
      'log device 7:9 is too small: 1536 bytes, a log of 4097 regions takes 2048',
    );
    assert.equal(disk.open, 0);
    assert.equal(kernel.ctr(1n, text(4096)).error, 0);
    assert.equal(kernel.ctr(2n, `${2 ** 36} clustered-disk 7:9 8`).error, -22);
  });

  it('works with blocks of 4096 bytes, where header and bitmap share one', () => {
    const disk = new MemoryDisk(MIB, { blockSize: 4096 });
    const kernel = kernelWith(disk);
    kernel.live(1n, text(40_000, 'nosync'));
    kernel.flush(1n, 0, 39_999);
    assert.equal(disk.isClean(0), false);
    assert.equal(disk.isClean(39_999), false);
    assert.equal(disk.isClean(1), true);
    assert.equal(disk.bytes.readBigUInt64LE(8), 40_000n);
  });
});

describe('two instances on one device', () => {
  it('the old one writes nothing after RESUME of the new one (LUID-12)', () => {
    const disk = written(64, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    kernel.flush(1n, 3);
    kernel.ctr(2n, text(64));
    kernel.suspend(1n);
    kernel.must('RESUME', 2n);
    assert.equal(kernel.syncCount(2n), 63);
    kernel.flush(2n, 9);
    kernel.clear(1n, 3, 9);
    kernel.flush(1n);
    assert.deepEqual([disk.isClean(3), disk.isClean(9)], [false, false]);
    // A mark of the old one cannot be made durable, and that is said.
    kernel.mark(1n, 20);
    assert.equal(kernel.ask('FLUSH', 1n).error, -5);
    kernel.must('DTR', 1n);
    assert.deepEqual([disk.isClean(3), disk.isClean(9), disk.isClean(20)], [false, false, true]);
    assert.equal(disk.open, 1);
  });

  it('the new one finds what the old one had, though its POSTSUSPEND was lost', () => {
    const disk = written(64, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    kernel.mark(1n, 3);
    kernel.ctr(2n, text(64));
    kernel.must('RESUME', 2n);
    assert.equal(kernel.syncCount(2n), 63);
  });

  it('a loaded one that the kernel rebuilds leaves the device to the live one', () => {
    const disk = written(64, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64));
    kernel.ctr(2n, text(64));
    kernel.reconnect(2n, text(64));
    kernel.flush(1n, 3);
    assert.equal(disk.isClean(3), false);
    kernel.suspend(1n);
    kernel.must('RESUME', 2n);
    assert.equal(kernel.syncCount(2n), 63);
    kernel.flush(2n, 4);
    assert.equal(disk.isClean(4), false);
  });

  it('a suspended one that resumes as it is resynchronises what was left dirty', () => {
    const disk = written(64, []);
    const kernel = kernelWith(disk);
    kernel.live(1n, text(64, 'nosync'));
    kernel.flush(1n, 3, 4);
    kernel.suspend(1n);
    kernel.clear(1n, 4);
    kernel.flush(1n);
    assert.equal(disk.isClean(4), false);
    kernel.must('RESUME', 1n);
    assert.deepEqual([kernel.syncCount(1n), disk.isClean(3), disk.isClean(4)], [63, false, true]);
  });
});

describe('any image', () => {
  it('is loaded without bits beyond the log, and what is marked is dirty in it', () => {
    const images = fc.record({
      bytes: fc.uint8Array({ minLength: 1536, maxLength: 1536 }),
      header: fc.option(fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.nat(5000)), { nil: undefined }),
      regions: fc.integer({ min: 1, max: 4096 }),
      option: fc.constantFrom('', 'sync', 'nosync'),
      marks: fc.array(fc.nat(4095), { minLength: 1, maxLength: 41 }),
    });
    fc.assert(
      fc.property(images, ({ bytes, header, regions, option, marks }) => {
        const disk = new MemoryDisk(1536);
        disk.bytes.set(bytes);
        if (header !== undefined) {
          encodeDiskHeader(disk.bytes, header[1]);
          disk.bytes.writeUInt32LE(header[0], 4);
        }
        const kernel = kernelWith(disk);
        kernel.live(1n, text(regions, option));
        assert.ok(kernel.syncCount(1n) <= regions);
        const marked = marks.map((region) => region % regions);
        assert.equal(kernel.ask('FLUSH', 1n, encodeRegions(marked.map(BigInt))).error, 0);
        disk.losePower();
        for (const region of marked) assert.equal(disk.isClean(region), false);
        const after = kernelWith(disk);
        after.live(1n, text(regions));
        assert.deepEqual(after.incidents, []);
        assert.ok(after.syncCount(1n) <= regions - new Set(marked).size);
      }),
    );
  });
});
