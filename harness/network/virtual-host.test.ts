import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { decodeFrame, encodeSegment, FLAG } from './frames.js';
import { HOST, NODE, NODE_MAC, PORTS, TestNode } from './testing/test-node.js';

const LARGE = 100_000;

/** RFC 1071: the sum over everything that a checksum covers, itself included, is all ones. */
function sums(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let total = 0;
  for (let at = 0; at < even.length; at += 2) total += even.readUInt16BE(at);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

test('checksums of segments of even and odd length are right', () => {
  for (const length of [0, 1, 512, 65_491]) {
    const segment = { source: NODE, destination: HOST, ...PORTS, seq: 1, ack: 2, flags: FLAG.ack, window: 3 };
    const frame = encodeSegment(NODE_MAC, NODE_MAC, segment, [randomBytes(length)]);
    const [header, tcp] = [frame.subarray(14, 34), frame.subarray(34)];
    assert.equal(sums(header), 0xffff);
    const pseudo = Buffer.concat([
      header.subarray(12, 20),
      Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255]),
    ]);
    assert.equal(sums(Buffer.concat([pseudo, tcp])), 0xffff);
  }
});

test('only its own address is told by ARP', async () => {
  const node = new TestNode();
  const ask = (target: number[]): void => {
    const head = [...Buffer.alloc(6, 0xff), ...NODE_MAC, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1];
    node.put(Buffer.from([...head, ...NODE_MAC, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, ...target]));
  };
  ask([10, 0, 2, 2]);
  ask([10, 0, 2, 100]);
  const reply = await node.frame();
  assert.equal(reply.readUInt16BE(20), 2);
  assert.deepEqual([...reply.subarray(28, 32)], [10, 0, 2, 100]);
});

test('data goes both ways, in segments of the size that the node takes', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const bytes = randomBytes(LARGE);
  connection.write(bytes);
  assert.deepEqual(await node.collects(LARGE, next), bytes);
  const heard = new Promise<Buffer>((resolve) => connection.once('data', resolve));
  node.say(FLAG.ack | FLAG.psh, 1001, (next + LARGE) >>> 0, { payload: Buffer.from('hello') });
  assert.equal((await heard).toString(), 'hello');
  assert.equal((await node.hears()).ack, 1006);
});

test('what was acknowledged comes only once, what was not comes again', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const heard: string[] = [];
  connection.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
  node.say(FLAG.ack, 1001, next, { payload: Buffer.from('abc') });
  await node.hears();
  node.say(FLAG.ack, 1001, next, { payload: Buffer.from('abcdef') });
  assert.equal((await node.hears()).ack, 1007);
  // Something is missing before it: not taken.
  node.say(FLAG.ack, 1010, next, { payload: Buffer.from('xyz') });
  assert.equal((await node.hears()).ack, 1007);
  assert.deepEqual(heard, ['abc', 'def']);
  connection.write('lost');
  const first = await node.hears();
  const second = await node.hears();
  assert.deepEqual([second.seq, second.payload.toString()], [first.seq, 'lost']);
  connection.destroy();
});

test('no more is sent than the window of the node has room for', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  node.say(FLAG.ack, 1001, next, { window: 1 }); // scaled by 7: 128 bytes
  connection.write(randomBytes(300));
  const { payload } = await node.hears();
  assert.equal(payload.length, 128);
  connection.destroy();
});

test('a window of nothing is asked about without data', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  node.say(FLAG.ack, 1001, next, { window: 0 });
  connection.write('later');
  const question = await node.hears();
  assert.deepEqual([question.seq, question.payload.length], [(next - 1) >>> 0, 0]);
  node.say(FLAG.ack, 1001, next);
  const { seq, payload } = await node.hears();
  assert.deepEqual([seq, payload.toString()], [next, 'later']);
  connection.destroy();
});

test('three repeated acknowledgements are a loss', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects(100);
  connection.write(randomBytes(300));
  for (const sent of [0, 100, 200]) assert.equal((await node.hears()).seq, (next + sent) >>> 0);
  node.say(FLAG.ack, 1001, (next + 100) >>> 0);
  for (let turn = 0; turn < 3; turn++) node.say(FLAG.ack, 1001, (next + 100) >>> 0);
  for (const again of [100, 200]) assert.equal((await node.hears()).seq, (next + again) >>> 0);
  connection.destroy();
});

test('both ends may end first, and the connection is gone without a reset', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const closed = new Promise((resolve) => connection.once('close', resolve));
  connection.resume();
  node.say(FLAG.fin | FLAG.ack, 1001, next);
  assert.equal((await node.hears()).ack, 1002);
  connection.end('bye');
  assert.equal((await node.hears()).payload.toString(), 'bye');
  const fin = await node.hears();
  assert.equal(fin.flags & FLAG.fin, FLAG.fin);
  node.say(FLAG.ack, 1002, (fin.seq + 1) >>> 0);
  await closed;
  // What still comes belongs to nothing.
  node.say(FLAG.ack, 1002, (fin.seq + 1) >>> 0);
  assert.equal((await node.hears()).flags & FLAG.rst, FLAG.rst);
});

test('destroying resets, closed ports refuse, and a cut cable says nothing', async () => {
  const node = new TestNode();
  const { connection } = await node.connects();
  connection.destroy();
  assert.equal((await node.hears()).flags & FLAG.rst, FLAG.rst);
  node.say(FLAG.syn, 1, 0, { destinationPort: 3261 });
  assert.deepEqual(await node.hears().then(({ flags, ack }) => [flags, ack]), [FLAG.rst | FLAG.ack, 2]);
  node.host.cut = true;
  node.say(FLAG.syn, 1, 0, { destinationPort: 3262 });
  await new Promise((resolve) => setImmediate(resolve));
  node.host.cut = false;
  node.say(FLAG.syn, 5, 0, { destinationPort: 3263 });
  assert.equal((await node.hears()).ack, 6);
});

test('garbage is nobody’s', () => {
  for (let turn = 0; turn < 2000; turn++) {
    const frame = randomBytes(14 + Math.floor(Math.random() * 80));
    frame.writeUInt16BE(turn % 2 === 0 ? 0x0800 : 0x0806, 12);
    if (turn % 4 === 0) {
      frame[14] = 0x45;
      if (frame.length > 23) frame[23] = 6;
      if (frame.length > 17) frame.writeUInt16BE(frame.length - 14, 16);
      if (frame.length > 21) frame.writeUInt16BE(0, 20);
    }
    decodeFrame(frame);
  }
});

test('what was written is let go of when the node has it, not before', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const told: string[] = [];
  connection.write(Buffer.alloc(1000, 'a'));
  connection.afterWritten(() => told.push('first'));
  // More than the connection takes at a time: the rest is still the stream's.
  connection.write(Buffer.alloc(1 << 20, 'b'));
  connection.afterWritten(() => told.push('second'));
  const first = await node.hears();
  assert.deepEqual([first.payload.length, told.join()], [1000, '']);
  node.say(FLAG.ack, 1001, next + 999);
  await node.hears();
  assert.equal(told.join(), '');
  node.say(FLAG.ack, 1001, next + 1000);
  await node.hears();
  assert.equal(told.join(), 'first');
  connection.write(Buffer.alloc(10, 'c'));
  connection.afterWritten(() => told.push('third'));
  connection.destroy();
  await once(connection, 'close');
  assert.equal(told.join(), 'first,second,third', 'nothing is sent any more');
  connection.afterWritten(() => told.push('late'));
  assert.equal(told.at(-1), 'late');
});

test('all that was written is let go of when the node has all', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const bytes = randomBytes(3_000_000);
  const done = new Promise<void>((resolve) => {
    connection.cork();
    for (let at = 0; at < bytes.length; at += LARGE) connection.write(bytes.subarray(at, at + LARGE));
    connection.afterWritten(resolve);
    connection.uncork();
  });
  assert.ok((await node.collects(bytes.length, next)).equals(bytes));
  await done;
  connection.destroy();
});
