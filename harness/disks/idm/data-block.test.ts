import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeDataBlock, encodeDataBlock, endMarkerBlock, reversed, type DataBlock } from './data-block.js';

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

const anyBlock: fc.Arbitrary<DataBlock> = fc.record(
  {
    state: u64,
    timeNow: u64,
    countdown: u64,
    lockClass: u64,
    control: fc.integer({ min: 0, max: 255 }),
    lvb: bytes(7),
    resourceId: bytes(64),
    metadata: bytes(64),
    hostId: bytes(32),
  },
  { noNullPrototype: true },
);

const BLANK: DataBlock = {
  state: 0n,
  timeNow: 0n,
  countdown: 0n,
  lockClass: 0n,
  control: 0,
  lvb: Buffer.alloc(7),
  resourceId: Buffer.alloc(64),
  metadata: Buffer.alloc(64),
  hostId: Buffer.alloc(32),
};

void describe('data block', () => {
  void it('survives encoding and decoding', () => {
    fc.assert(
      fc.property(anyBlock, (block) => {
        assert.deepEqual(decodeDataBlock(encodeDataBlock(block)), block);
      }),
    );
  });

  void it('IDM-05: state, time, countdown and class are big-endian 64 bit at 0, 8, 16 and 24', () => {
    const bytes = encodeDataBlock({
      ...BLANK,
      state: 0x0101n,
      timeNow: 0x0102_0304_0506_0708n,
      countdown: 60_000n,
      lockClass: 2n,
    });
    assert.equal(bytes.length, 512);
    assert.equal(
      bytes.toString('hex', 0, 32),
      '0000000000000101' + '0102030405060708' + '000000000000ea60' + '0000000000000002',
    );
  });

  void it('IDM-06: resource id at 40h-7Fh and host id at C0h-DFh, reversed, metadata at 80h', () => {
    const resourceId = reversed(Buffer.from([...Array(64).keys()]));
    const hostId = reversed(Buffer.from([...Array(32).keys()]));
    const bytes = encodeDataBlock({ ...BLANK, resourceId, hostId, metadata: Buffer.alloc(64, 0xfe) });
    assert.equal(bytes[0x40], 63);
    assert.equal(bytes[0x7f], 0);
    assert.equal(bytes[0xc0], 31);
    assert.equal(bytes[0xdf], 0);
    assert.ok(bytes.subarray(0x80, 0xc0).every((byte) => byte === 0xfe));
    assert.ok([...bytes.subarray(0x28, 0x40), ...bytes.subarray(0xe0)].every((byte) => byte === 0));
  });

  void it('the LVB of spec idm 3.1 lies at 20h behind its control code', () => {
    const lvb = reversed(Buffer.from('f6e5d4c3b2a10500', 'hex'));
    const bytes = encodeDataBlock({ ...BLANK, control: 1, lvb: lvb.subarray(1) });
    assert.equal(bytes.toString('hex', 0x20, 0x28), '0105a1b2c3d4e5f6');
  });

  void it('an end marker is DEADh and zeros', () => {
    assert.equal(endMarkerBlock().toString('hex'), '000000000000dead' + '00'.repeat(504));
  });

  void it('refuses short blocks and ids of the wrong length', () => {
    assert.throws(() => decodeDataBlock(Buffer.alloc(511)), RangeError);
    assert.throws(() => encodeDataBlock({ ...BLANK, hostId: Buffer.alloc(31) }), RangeError);
  });
});
