import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSgAnswer, encodeSgCommand, SgFrameReader } from './sg-frames.js';

test('a command is laid out as the program in the node reads it', () => {
  const cdb = Buffer.from('f02000000000000000000000020001'.padEnd(32, '0'), 'hex');
  const write = encodeSgCommand(7, { cdb, direction: 'write', dataOut: Buffer.from('abc'), timeoutMs: 1000 });
  assert.equal(write.toString('hex'), `2100000007000000fe10e803000003000000${cdb.toString('hex')}616263`);
  const read = encodeSgCommand(8, { cdb: Buffer.alloc(6), direction: 'read', length: 512 });
  assert.equal(read.toString('hex'), `1400000008000000fd06983a000000020000${'00'.repeat(6)}`);
  const none = encodeSgCommand(9, { cdb: Buffer.alloc(6), direction: 'none', dataOut: Buffer.from('no') });
  assert.equal(none.readInt8(8), -1);
  assert.equal(none.length, 24);
});

test('every field of an answer is read, sense and data apart', () => {
  const head = Buffer.alloc(44);
  head.writeUInt32LE(7, 0);
  head.set([0x22, 0x11, 0x00, 3], 8);
  head.writeUInt16LE(0x3, 12);
  head.writeUInt16LE(0x8, 14);
  head.writeInt32LE(-4, 16);
  head.writeUInt32LE(15, 20);
  head.writeUInt32LE(1, 24);
  head.writeBigUInt64LE(5_000_000_001n, 28);
  head.writeBigUInt64LE(5_000_000_009n, 36);
  const answer = decodeSgAnswer(Buffer.concat([head, Buffer.from('70aabb', 'hex'), Buffer.from('data')]));
  assert.deepEqual(answer, {
    id: 7,
    errno: 0,
    result: {
      ...{ status: 0x22, maskedStatus: 0x11, messageStatus: 0, hostStatus: 3, driverStatus: 8 },
      ...{ residual: -4, durationMs: 15, info: 1, begin: 5_000_000_001n, end: 5_000_000_009n },
      sense: Buffer.from('70aabb', 'hex'),
      data: Buffer.from('data'),
    },
  });
  const refused = Buffer.alloc(44);
  refused.writeInt32LE(22, 4);
  assert.deepEqual(decodeSgAnswer(refused), { id: 0, errno: 22 });
});

test('frames are cut wherever the pieces end', () => {
  const frames = ['', 'a', 'longer than the others'].map((text) => Buffer.from(text));
  const stream = Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      return [length, frame];
    }),
  );
  for (let size = 1; size <= stream.length; size++) {
    const reader = new SgFrameReader();
    const seen: string[] = [];
    for (let at = 0; at < stream.length; at += size)
      seen.push(...reader.push(stream.subarray(at, at + size)).map(String));
    assert.deepEqual(seen, frames.map(String));
  }
});
