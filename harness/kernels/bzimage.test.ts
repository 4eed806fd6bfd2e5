import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkImage, extractVmlinux, findPayload, releaseOfImage } from './bzimage.js';
import { LZ4_LEGACY_MAGIC } from './lz4.js';

const ELF = Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(2000, 0x5a)]);

function bzImage(
  payload: Buffer,
  options: { setupSectors?: number; offset?: number; protocol?: number } = {},
): Buffer {
  const { setupSectors = 3, offset = 64, protocol = 0x20f } = options;
  const start = ((setupSectors === 0 ? 4 : setupSectors) + 1) * 512 + offset;
  const image = Buffer.alloc(start + payload.length + 100);
  image.writeUInt8(setupSectors, 0x1f1);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(protocol, 0x206);
  image.writeUInt32LE(offset, 0x248);
  image.writeUInt32LE(payload.length, 0x24c);
  payload.copy(image, start);
  return image;
}

function sized(packed: Buffer, size: number): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(size);
  return Buffer.concat([packed, tail]);
}

const noXz = (): Promise<Buffer> => Promise.reject(new Error('not xz'));

describe('bzImage', () => {
  it('finds the payload behind the setup sectors; 0 sectors mean 4', () => {
    const payload = gzipSync(ELF);
    assert.deepEqual(findPayload(bzImage(payload)), {
      offset: 4 * 512 + 64,
      length: payload.length,
      compression: 'gzip',
      unpackedSize: ELF.length,
    });
    assert.equal(findPayload(bzImage(payload, { setupSectors: 0 })).offset, 5 * 512 + 64);
  });

  it('unpacks gzip, xz and plain payloads', async () => {
    assert.deepEqual(await extractVmlinux(bzImage(gzipSync(ELF)), noXz), ELF);
    assert.deepEqual(await extractVmlinux(bzImage(ELF), noXz), ELF);
    const stream = Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.from('packed')]);
    const unxz = (bytes: Buffer): Promise<Buffer> => {
      assert.deepEqual(bytes, stream);
      return Promise.resolve(ELF);
    };
    assert.deepEqual(await extractVmlinux(bzImage(sized(stream, ELF.length)), unxz), ELF);
  });

  it('unpacks lz4', async () => {
    const rest = ELF.length - 5 - 4 - 15;
    const lengths = Buffer.from([...Buffer.alloc(Math.floor(rest / 255), 255), rest % 255]);
    // The first five bytes as literals, then copies of the last of them.
    const packed = Buffer.concat([
      Buffer.from([0x5f]),
      ELF.subarray(0, 5),
      Buffer.from([1, 0]),
      lengths,
      Buffer.from([0]),
    ]);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(packed.length);
    const stream = Buffer.concat([Buffer.from(LZ4_LEGACY_MAGIC, 'hex'), head, packed]);
    assert.deepEqual(await extractVmlinux(bzImage(sized(stream, ELF.length)), noXz), ELF);
  });

  it('tells the release, and so does a vmlinux', () => {
    const image = bzImage(gzipSync(ELF));
    image.writeUInt16LE(0x300, 0x20e);
    image.write('6.12.9-mine (me@here) #1 SMP\0', 0x500, 'latin1');
    assert.equal(releaseOfImage(image), '6.12.9-mine');
    const vmlinux = Buffer.concat([ELF, Buffer.from('Linux version 6.13.0-rc1+ (me@here)\0')]);
    assert.equal(releaseOfImage(vmlinux), '6.13.0-rc1+');
    assert.throws(() => releaseOfImage(ELF), { name: 'KernelImageError' });
    assert.throws(() => releaseOfImage(Buffer.from('text')), { name: 'KernelImageError' });
    assert.doesNotThrow(() => checkImage(vmlinux));
    assert.throws(() => checkImage(image.subarray(0, 2100)), { name: 'KernelImageError' });
  });

  it('unpacks zstd', async () => {
    // One raw block: magic, descriptor (single segment, 2-byte size), size - 256, block header, data.
    const header = Buffer.alloc(4 + 1 + 2 + 3);
    header.writeUInt32LE(0xfd2fb528, 0);
    header.writeUInt8(0x60, 4);
    header.writeUInt16LE(ELF.length - 256, 5);
    header.writeUIntLE((ELF.length << 3) | 1, 7, 3);
    assert.deepEqual(
      await extractVmlinux(bzImage(sized(Buffer.concat([header, ELF]), ELF.length)), noXz),
      ELF,
    );
  });

  it('says what is wrong with a file', async () => {
    assert.throws(() => findPayload(Buffer.alloc(4096)), { message: 'not a bzImage: no "HdrS" at 0x202' });
    assert.throws(() => findPayload(bzImage(ELF, { protocol: 0x204 })), {
      message: 'boot protocol 0x204 has no payload fields (0x208 or later has)',
    });
    assert.throws(() => findPayload(bzImage(Buffer.from('0123456789'))), {
      message:
        'the kernel is packed by something unknown (it starts with 303132333435), which nothing here unpacks: ' +
        'build it with CONFIG_KERNEL_ZSTD, _XZ, _GZIP, _LZ4, _LZMA or _UNCOMPRESSED',
    });
    assert.throws(() => findPayload(bzImage(Buffer.from('BZh91AY&SY'))), { message: /packed by bzip2/ });
    const torn = gzipSync(ELF);
    torn.fill(0xff, 20, 30);
    await assert.rejects(extractVmlinux(bzImage(torn), noXz), {
      name: 'KernelImageError',
      message: /^the kernel is damaged: /,
    });
    const cut = bzImage(gzipSync(ELF)).subarray(0, 2120);
    assert.throws(() => findPayload(cut), { message: /lies outside of the file \(2120 bytes\)$/ });
    const wrong = sized(Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(8)]), 1);
    await assert.rejects(
      extractVmlinux(bzImage(wrong), () => Promise.resolve(ELF)),
      {
        message: `kernel unpacks to ${ELF.length} bytes, its header says 1`,
      },
    );
  });
});
