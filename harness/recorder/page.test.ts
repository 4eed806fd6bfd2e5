import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TraceFormatError } from './errors.js';
import { readPage, type TraceRecord } from './page.js';
import type { PageLayout, TraceField } from './trace-format.js';

const field = (offset: number, size: number): TraceField => ({ type: '', offset, size, signed: false });
const LAYOUT: PageLayout = {
  timestamp: field(0, 8),
  commit: field(8, 8),
  data: field(16, 4080),
  pageSize: 4096,
};

const header = (type: number, delta: number): Buffer => u32(((delta << 5) | type) >>> 0);
const data = (delta: number, text: string): Buffer =>
  Buffer.concat([header(text.length / 4, delta), Buffer.from(text)]);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A page of these raw records; `stale` fills what lies behind them. */
function page(t: bigint, parts: Buffer[], flags = 0, stale: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(4096, 0xaa);
  const content = Buffer.concat(parts);
  bytes.writeBigUInt64LE(t, 0);
  bytes.writeBigUInt64LE(BigInt((content.length | flags) >>> 0), 8);
  content.copy(bytes, 16);
  stale.copy(bytes, 16 + content.length);
  return bytes;
}

const seen = (records: readonly TraceRecord[]): [bigint, string][] =>
  records.map(({ t, data: bytes }) => [t, bytes.toString('latin1')]);

describe('a ring-buffer page', () => {
  it('gives records with the time since the page and the record before', () => {
    const { records, lost } = readPage(page(1000n, [data(5, 'abcd'), data(7, 'efghijkl')]), LAYOUT);
    assert.deepEqual(seen(records), [
      [1005n, 'abcd'],
      [1012n, 'efghijkl'],
    ]);
    assert.equal(lost, 0);
  });

  it('reads a length from the next word when the type is 0', () => {
    const text = 'x'.repeat(201);
    const long = Buffer.concat([header(0, 3), u32(201 + 4), Buffer.from(text), Buffer.alloc(3)]);
    assert.deepEqual(seen(readPage(page(0n, [long, data(1, 'next')]), LAYOUT).records), [
      [3n, text],
      [4n, 'next'],
    ]);
  });

  it('adds a time extend of 27 + 32 bits', () => {
    const extend = Buffer.concat([header(30, 9), u32(4)]);
    const { records } = readPage(page(1000n, [extend, data(2, 'abcd')]), LAYOUT);
    assert.deepEqual(seen(records), [[1000n + (4n << 27n) + 9n + 2n, 'abcd']]);
  });

  it('takes an absolute time stamp, with the upper five bits of the time before', () => {
    const stamp = Buffer.concat([header(31, 123), u32(1)]);
    const high = 3n << 59n;
    const { records } = readPage(page(high + 5n, [stamp, data(0, 'abcd')]), LAYOUT);
    assert.deepEqual(seen(records), [[high + (1n << 27n) + 123n, 'abcd']]);
  });

  it('carries into the upper bits when an absolute time stamp has wrapped', () => {
    const stamp = Buffer.concat([header(31, 1), u32(0)]);
    const before = (2n << 59n) - 1n;
    assert.deepEqual(seen(readPage(page(before, [stamp, data(0, 'abcd')]), LAYOUT).records), [
      [(2n << 59n) + 1n, 'abcd'],
    ]);
  });

  it('ends at padding without a time', () => {
    const rest = Buffer.concat([header(29, 0), Buffer.alloc(40, 0xff)]);
    assert.deepEqual(seen(readPage(page(0n, [data(1, 'abcd'), rest]), LAYOUT).records), [[1n, 'abcd']]);
  });

  it('skips discarded events and keeps their time, where 1 means none', () => {
    const discarded = (delta: number): Buffer => Buffer.concat([header(29, delta), u32(12), Buffer.alloc(8)]);
    const parts = [discarded(1), data(1, 'abcd'), discarded(50), data(1, 'efgh')];
    assert.deepEqual(seen(readPage(page(0n, parts), LAYOUT).records), [
      [1n, 'abcd'],
      [52n, 'efgh'],
    ]);
  });

  it('ignores what lies behind the committed bytes', () => {
    const bytes = page(0n, [data(1, 'abcd')], 0, data(9, 'stale...'));
    assert.deepEqual(seen(readPage(bytes, LAYOUT).records), [[1n, 'abcd']]);
  });

  it('may be empty', () => {
    assert.deepEqual(readPage(page(7n, []), LAYOUT), { records: [], lost: 0 });
  });

  it('tells how many events were lost before it, at least one when the kernel does not say', () => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(321n);
    const flagged = (flags: number): number =>
      readPage(page(0n, [data(1, 'abcd')], flags, count), LAYOUT).lost;
    assert.equal(flagged(0x8000_0000 | 0x4000_0000), 321);
    assert.equal(flagged(0x8000_0000), 1);
  });

  it('refuses a page of another size, a commit beyond its end, and a record beyond the commit', () => {
    assert.throws(() => readPage(Buffer.alloc(100), LAYOUT), {
      name: 'TraceFormatError',
      message: 'a ring-buffer page has 100 bytes, expected 4096',
    });
    const wild = page(0n, []);
    wild.writeUInt32LE(4081, 8);
    assert.throws(() => readPage(wild, LAYOUT), {
      name: 'TraceFormatError',
      message: 'a ring-buffer page claims 4081 bytes of data in 4080: the stream has lost its place',
    });
    assert.throws(() => readPage(page(0n, [header(4, 1), Buffer.alloc(12)]), LAYOUT), {
      name: 'TraceFormatError',
      message: "a record of 16 bytes at byte 4 leaves the page's 16 bytes",
    });
    assert.throws(() => readPage(page(0n, [header(30, 1)]), LAYOUT), {
      name: 'TraceFormatError',
      message: "a record header at byte 4 leaves the page's 4 bytes",
    });
  });

  it('throws nothing but TraceFormatError on any bytes, and always ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), fc.nat(4080), (bytes, length) => {
        const wild = Buffer.from(bytes);
        wild.writeUInt32LE(length, 8);
        try {
          readPage(wild, LAYOUT);
        } catch (error) {
          assert.ok(error instanceof TraceFormatError);
        }
      }),
      { numRuns: 200 },
    );
  });
});
