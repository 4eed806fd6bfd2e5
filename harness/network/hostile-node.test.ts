import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { encodeSegment, FLAG } from './frames.js';
import type { TcpConnection } from './tcp-connection.js';
import { HOST, NODE, NODE_MAC, TestNode } from './testing/test-node.js';
import { VirtualHost } from './virtual-host.js';

/** Nodes that break the rules, or lost something: what they may cost is bounded, and what they ask is answered. */

test('a question by an old number is answered, and news by the right one is not', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  // As Linux asks: whether there is room again, and whether anybody is there.
  node.say(FLAG.ack, 1000, next);
  const { flags, ack } = await node.hears();
  assert.deepEqual([flags, ack], [FLAG.ack, 1001]);
  node.say(FLAG.ack, 1001, next);
  node.say(FLAG.ack, 1001, next, { payload: Buffer.from('a') });
  assert.equal((await node.hears()).ack, 1002);
  connection.destroy();
});

test('what is not read is bounded, and room is told as soon as there is some', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const MEBI = 1 << 20;
  const chunk = randomBytes(65_000);
  // Whatever window it is told, this node goes on.
  let sent = 0;
  for (; sent < 3 * MEBI; sent += chunk.length) {
    node.say(FLAG.ack, 1001 + sent, next, { payload: chunk });
    await node.hears();
  }
  assert.equal(connection.readableLength, MEBI);
  node.say(FLAG.ack, 1000, next);
  const full = await node.hears();
  assert.deepEqual([full.ack, full.window], [1001 + MEBI, 0]);
  assert.equal((connection.read(700_000) as Buffer).length, 700_000);
  assert.equal((await node.hears()).window << 5, 700_000);
  connection.destroy();
});

test('room is told, too, when all was read while more was awaited', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const heard: Buffer[] = [];
  connection.pause();
  connection.on('data', (data: Buffer) => heard.push(data));
  const chunk = randomBytes(60_000);
  let last = 0;
  for (let turn = 0; turn < 10; turn++) {
    node.say(FLAG.ack, 1001 + turn * chunk.length, next, { payload: chunk });
    last = (await node.hears()).window << 5;
  }
  assert.ok(last < 1 << 19, `${last} bytes of room`);
  connection.resume();
  assert.ok((await node.hears()).window << 5 >= 1 << 19);
  connection.destroy();
});

test('a reset behind bytes that were lost is asked about, and then taken', async () => {
  const node = new TestNode();
  const { connection, next } = await node.connects();
  const closed = new Promise((resolve) => connection.once('close', resolve));
  node.say(FLAG.rst, 1101, next);
  assert.deepEqual(await node.hears().then(({ flags, ack }) => [flags, ack]), [FLAG.ack, 1001]);
  // Neither an old one nor one from nowhere is.
  node.say(FLAG.rst, 900, next);
  node.say(FLAG.rst, 1001 + (1 << 21), next);
  assert.equal(connection.destroyed, false);
  node.say(FLAG.rst, 1001, next);
  await closed;
});

test('a node that names no size for segments, or one of nothing, gets its data', async () => {
  for (const mss of [0, 1]) {
    const node = new TestNode();
    const { connection, next } = await node.connects(mss);
    connection.write(randomBytes(100));
    assert.equal((await node.collects(100, next)).length, 100);
    connection.destroy();
  }
});

test('before it has answered a node has no connection, and data for it is nobody’s', async () => {
  const node = new TestNode();
  let accepted = 0;
  node.host.listen(3260, () => accepted++);
  node.say(FLAG.syn, 1000, 0, { mss: 1460 });
  const { seq } = await node.hears();
  node.say(FLAG.ack, 1001, seq, { payload: Buffer.from('early') });
  node.say(0, 1001, 0, { payload: Buffer.from('early') });
  node.say(FLAG.ack, 1001, (seq + 2) >>> 0);
  // The same again is answered the same.
  node.say(FLAG.syn, 1000, 0, { mss: 1460 });
  assert.deepEqual(await node.hears().then((answer) => [answer.seq, answer.ack]), [seq, 1001]);
  assert.equal(accepted, 0);
  node.say(FLAG.ack, 1001, (seq + 1) >>> 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(accepted, 1);
  node.host.reset();
});

test('what a node that takes nothing is told, and what it begins, is bounded', async () => {
  const MEBI = 1 << 20;
  const cable = new Duplex({ read: () => undefined, write: () => undefined }); // takes one piece, never more
  const host = new VirtualHost(cable, HOST);
  let accepted = 0;
  host.listen(3260, () => accepted++);
  const put = (frame: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    cable.push(Buffer.concat([length, frame]));
  };
  const ends = { source: NODE, destination: HOST, destinationPort: 3260, seq: 1, ack: 0, window: 0 };
  const say = (sourcePort: number, flags: number): void => {
    put(encodeSegment(Buffer.alloc(6, 0xff), NODE_MAC, { ...ends, sourcePort, flags }));
  };
  for (let turn = 0; turn < 200_000; turn++) {
    say(turn & 0xffff, FLAG.syn);
    if (turn % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(cable.writableLength > 7 * MEBI && cable.writableLength < 9 * MEBI, `${cable.writableLength}`);
  assert.equal(accepted, 0);
  host[Symbol.dispose]();
});

test('one connection too many is refused', async () => {
  const node = new TestNode();
  const accepted: TcpConnection[] = [];
  node.host.listen(3260, (connection) => accepted.push(connection));
  const answers: number[] = [];
  for (let sourcePort = 1; sourcePort <= 129; sourcePort++) {
    node.say(FLAG.syn, 1000, 0, { sourcePort, mss: 1460 });
    answers.push((await node.hears()).flags);
  }
  assert.deepEqual(answers.slice(0, 128), new Array(128).fill(FLAG.syn | FLAG.ack));
  assert.deepEqual(answers.slice(128), [FLAG.rst | FLAG.ack]);
  node.host.reset();
});

test('a length that no frame has ends the cable', async () => {
  const node = new TestNode();
  const { connection } = await node.connects();
  node.cable.push(Buffer.from('7fffffff', 'hex'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([connection.destroyed, node.cable.destroyed], [true, true]);
});
