import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LZ4_LEGACY_MAGIC, unpackLz4Legacy } from './lz4.js';

/** A plain packer: repeats of the bytes just written become copies, all else literals. */
function packBlock(data: Buffer): Buffer {
  const out: number[] = [];
  const length = (value: number): void => {
    if (value < 15) return;
    let rest = value - 15;
    for (; rest >= 255; rest -= 255) out.push(255);
    out.push(rest);
  };
  let at = 0;
  let copied = 0;
  while (at < data.length) {
    let literals = at;
    let run = 0;
    // Find a byte that is repeated at least five times.
    for (; literals < data.length; literals += 1) {
      run = 0;
      while (literals + run + 1 < data.length && data[literals + run + 1] === data[literals]) run += 1;
      if (run >= 4) break;
    }
    const some = Math.min(literals + 1, data.length) - at;
    copied = run >= 4 ? run : 0;
    out.push((Math.min(some, 15) << 4) | (copied === 0 ? 0 : Math.min(copied - 4, 15)));
    length(some);
    out.push(...data.subarray(at, at + some));
    at += some;
    if (copied === 0) continue;
    out.push(1, 0);
    length(copied - 4);
    at += copied;
  }
  // A block ends with literals: none, if a copy was the last.
  if (copied > 0) out.push(0);
  return Buffer.from(out);
}

function stream(...blocks: Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from(LZ4_LEGACY_MAGIC, 'hex')];
  for (const block of blocks) {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(block.length);
    parts.push(head, block);
  }
  return Buffer.concat(parts);
}

describe('the legacy format of lz4', () => {
  it('unpacks what `lz4 -l` packed', () => {
    // printf 'abcabcabcabcabcabcabc\\n%0300d' 0 | lz4 -l -9
    const packed = '02214c18130000003e61626303002f0a300100ff1450' + '3030303030';
    const text = `abcabcabcabcabcabcabc\n${'0'.repeat(300)}`;
    assert.equal(unpackLz4Legacy(Buffer.from(packed, 'hex'), text.length).toString(), text);
  });

  it('copies from further back, with and without overlap', () => {
    // "abcd", then 8 bytes from 4 back, then the literal "!".
    const block = Buffer.from([0x44, ...Buffer.from('abcd'), 4, 0, 0x10, ...Buffer.from('!')]);
    assert.equal(unpackLz4Legacy(stream(block), 13).toString(), 'abcdabcdabcd!');
  });

  it('gives back what was packed, in several blocks', () => {
    const data = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 700 })), { minLength: 1 })
      .map((runs) => Buffer.concat(runs.map(([byte, count]) => Buffer.alloc(count, byte))));
    fc.assert(
      fc.property(data, data, (a, b) => {
        const unpacked = unpackLz4Legacy(stream(packBlock(a), packBlock(b)), a.length + b.length);
        assert.ok(unpacked.equals(Buffer.concat([a, b])));
      }),
    );
  });

  it('refuses what is damaged, and reads nothing beyond its ends', () => {
    for (const block of [
      Buffer.from([0xf0]),
      Buffer.from([0x50, 1, 2]),
      Buffer.from([0x14, 1, 9, 0, 0]),
      Buffer.from([0x14, 1, 0, 0, 0]),
      Buffer.from([0x1f, 1, 1, 0, 255, 255]),
    ]) {
      assert.throws(() => unpackLz4Legacy(stream(block), 100), { name: 'Lz4Error' });
    }
    assert.throws(() => unpackLz4Legacy(stream(Buffer.alloc(9)).subarray(0, 12), 100), { name: 'Lz4Error' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          assert.ok(unpackLz4Legacy(stream(Buffer.from(bytes)), 1000).length <= 1000);
        } catch (error) {
          assert.equal((error as Error).name, 'Lz4Error');
        }
      }),
    );
  });
});
