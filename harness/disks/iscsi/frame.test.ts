import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { additionalHeader, readAdditionalHeaders } from './ahs.js';
import { crc32c } from './crc32c.js';
import { frameBytes, FrameError, FrameReader, joined, type Digests } from './frame.js';

/** Digest bytes in the order of the wire. */
function digest(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32c(bytes));
  return sum.toString('hex');
}

describe('CRC32C', () => {
  it('gives the digests of the examples of RFC 7143 A.4', () => {
    assert.equal(digest(Buffer.alloc(32)), 'aa36918a');
    assert.equal(digest(Buffer.alloc(32, 0xff)), '43aba862');
    assert.equal(digest(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), '4e79dd46');
    assert.equal(digest(Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i))), '5cdb3f11');
    const readCommand =
      '01c00000' + '00000000' + '0'.repeat(16) + '14000000' + '00000400' + '00000014' + '00000018';
    const cdb = '28000000' + '00000000' + '02000000' + '00000000';
    assert.equal(digest(Buffer.from(readCommand + cdb, 'hex')), '563a96d9');
  });

  it('is the same for bytes in pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(70), (array, at) => {
        const bytes = Buffer.from(array);
        assert.equal(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes));
      }),
    );
  });
});

const digests: fc.Arbitrary<Digests> = fc.record({ header: fc.boolean(), data: fc.boolean() });
const pdu = fc.record({
  header: fc.uint8Array({ minLength: 48, maxLength: 48 }).map((bytes) => Buffer.from(bytes)),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 1020, max: 5000 }).map((length) => Buffer.alloc(length, length)),
  ),
  additional: fc.constantFrom(0, 0, 4, 8, 20).map((length) => Buffer.alloc(length, 0xa5)),
});

describe('the stream of PDUs', () => {
  it('comes out as it went in, from memory that is used again', () => {
    fc.assert(
      fc.property(
        fc.array(pdu, { maxLength: 6 }),
        digests,
        fc.array(fc.integer({ min: 1, max: 3000 })),
        (pdus, d, cuts) => {
          const stream = Buffer.concat(pdus.flatMap((p) => frameBytes(p.header, p.data, d, p.additional)));
          const reader = new FrameReader(8192);
          reader.digests = d;
          const memory = Buffer.alloc(3000);
          const seen: Buffer[] = [];
          const kept = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const length = stream.copy(memory, 0, at, at + (cuts[turn % cuts.length] ?? 3000));
            at += length;
            reader.push(memory.subarray(0, length));
            for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
              assert.ok(frame.dataIntact);
              seen.push(Buffer.concat([...frame.data]));
              kept.push(frame);
            }
            reader.keep();
            memory.fill(0xee);
          }
          assert.deepEqual(
            kept.map(({ header, additional }, n) => [header, additional, seen[n]]),
            pdus.map((p) => [p.header, p.additional, p.data]),
          );
        },
      ),
    );
  });

  it('comes out as it went in, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(pdu, { maxLength: 6 }),
        digests,
        fc.array(fc.integer({ min: 1, max: 999 })),
        (pdus, d, cuts) => {
          const stream = Buffer.concat(pdus.flatMap((p) => frameBytes(p.header, p.data, d, p.additional)));
          const reader = new FrameReader(8192);
          reader.digests = d;
          let at = 0;
          const frames = [];
          for (let turn = 0; at < stream.length; turn++) {
            const end = at + (cuts[turn % Math.max(1, cuts.length)] ?? 4096);
            reader.push(stream.subarray(at, end));
            at = end;
            for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame);
          }
          assert.equal(frames.length, pdus.length);
          for (const [index, frame] of frames.entries()) {
            assert.deepEqual(frame.header, pdus[index]?.header);
            assert.deepEqual(joined(frame), pdus[index]?.data);
            assert.deepEqual(frame.additional, pdus[index]?.additional);
            assert.equal(frame.dataIntact, true);
          }
        },
      ),
    );
  });

  it('has lengths, padding and digests where they belong', () => {
    const header = Buffer.alloc(48);
    const bytes = Buffer.concat(
      frameBytes(header, Buffer.from('abcde'), { header: true, data: true }, Buffer.alloc(8, 1)),
    );
    assert.equal(bytes.toString('hex', 4, 8), '02000005');
    assert.equal(bytes.length, 48 + 8 + 4 + 8 + 4);
    assert.equal(bytes.toString('hex', 56, 60), digest(bytes.subarray(0, 56)));
    assert.equal(bytes.toString('latin1', 60, 68), 'abcde\0\0\0');
    assert.equal(bytes.toString('hex', 68), digest(Buffer.from('abcde\0\0\0')));
  });

  it('shares the memory of what came in one piece', () => {
    const bytes = Buffer.concat(frameBytes(Buffer.alloc(48), Buffer.alloc(2000, 7)));
    const reader = new FrameReader(8192);
    reader.push(bytes);
    const frame = reader.next();
    assert.ok(frame);
    assert.equal(joined(frame).buffer, bytes.buffer);
  });

  it('tells data that was damaged, and reads on', () => {
    const d = { header: true, data: true };
    const first = Buffer.concat(frameBytes(Buffer.alloc(48), Buffer.from('data'), d));
    first[53] = 0;
    const reader = new FrameReader(8192);
    reader.digests = d;
    reader.push(Buffer.concat([first, ...frameBytes(Buffer.alloc(48), Buffer.from('more'), d)]));
    assert.equal(reader.next()?.dataIntact, false);
    assert.equal(reader.next()?.dataIntact, true);
  });

  it('ends with a damaged header, and with data that is too long', () => {
    const d = { header: true, data: false };
    const bytes = Buffer.concat(frameBytes(Buffer.alloc(48), Buffer.alloc(0), d));
    bytes[20] = 1;
    const reader = new FrameReader(8192);
    reader.digests = d;
    reader.push(bytes);
    assert.throws(() => reader.next(), new FrameError('header digest error'));

    const other = new FrameReader(8192);
    other.push(Buffer.from('00800000' + '00002001' + '0'.repeat(80), 'hex'));
    assert.throws(() => other.next(), /a data segment of 8193 bytes; at most 8192 are taken/);
  });

  it('does not keep thousands of pieces of one PDU', () => {
    const bytes = Buffer.concat(frameBytes(Buffer.alloc(48), Buffer.alloc(8192, 3)));
    const reader = new FrameReader(8192);
    for (const byte of bytes) reader.push(Buffer.of(byte));
    const frame = reader.next();
    assert.ok(frame);
    assert.ok(frame.data.length <= 65);
    assert.deepEqual(joined(frame), Buffer.alloc(8192, 3));
  });
});

describe('additional headers', () => {
  it('round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(0xffff_ffff), (rest, length) => {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(length);
        const bytes = Buffer.concat([additionalHeader(2, size), additionalHeader(1, Buffer.from(rest))]);
        assert.equal(bytes.length % 4, 0);
        const extras = readAdditionalHeaders(bytes);
        assert.deepEqual(extras, { expectedReadLength: length, cdbRest: Buffer.from(rest) });
      }),
    );
  });

  it('are as the RFC lays them out', () => {
    assert.equal(additionalHeader(2, Buffer.from('00001000', 'hex')).toString('hex'), '0005020000001000');
    assert.equal(additionalHeader(1, Buffer.from('aabb', 'hex')).toString('hex'), '00030100aabb0000');
    assert.deepEqual(readAdditionalHeaders(Buffer.alloc(0)), {});
  });

  it('are refused when they make no sense', () => {
    const refused = [
      '00000200',
      '00050200',
      '0005030000001000',
      '00040200000010'.padEnd(16, '0'),
      'ffff0100',
    ];
    for (const hex of refused) assert.equal(readAdditionalHeaders(Buffer.from(hex, 'hex')), undefined, hex);
    const twice = '0005020000001000'.repeat(2);
    assert.equal(readAdditionalHeaders(Buffer.from(twice, 'hex')), undefined);
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 15 }), (words) => {
        readAdditionalHeaders(Buffer.from([...words, ...words, ...words, ...words]));
      }),
    );
  });
});
