import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { decodeFrame, encodeSegment, FLAG, type Segment } from './frames.js';
import type { TcpConnection } from './tcp-connection.js';
import { VirtualHost } from './virtual-host.js';

const NODE = '10.0.2.15';
const HOST = '10.0.2.100';
const NODE_MAC = Buffer.from('525400010203', 'hex');
const PORTS = { sourcePort: 40_000, destinationPort: 3260 };
const LARGE = 100_000;

/** A node at the other end of the cable, as a test plays it: frames by hand. */
class Node {
  readonly #frames: Buffer[] = [];
  #wake: (() => void) | undefined;
  #rest = Buffer.alloc(0);
  readonly cable: Duplex;
  readonly host: VirtualHost;

  constructor() {
    this.cable = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.#take(chunk);
        done();
      },
    });
    this.host = new VirtualHost(this.cable, HOST);
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE(0)) {
      const end = 4 + this.#rest.readUInt32BE(0);
      this.#frames.push(this.#rest.subarray(4, end));
      this.#rest = this.#rest.subarray(end);
    }
    this.#wake?.();
  }

  put(frame: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    // In two pieces, as a socket may give it.
    const whole = Buffer.concat([length, frame]);
    this.cable.push(whole.subarray(0, 7));
    this.cable.push(whole.subarray(7));
  }

  say(flags: number, seq: number, ack: number, more: Partial<Segment> = {}): void {
    const { payload, ...rest } = more;
    const ends = { source: NODE, destination: HOST, ...PORTS };
    const segment = { ...ends, seq: seq >>> 0, ack, flags, window: 0xffff, ...rest };
    this.put(encodeSegment(Buffer.alloc(6, 0xff), NODE_MAC, segment, payload === undefined ? [] : [payload]));
  }

  async frame(): Promise<Buffer> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async hears(): Promise<Segment> {
    const received = decodeFrame(await this.frame());
    assert.ok(received?.kind === 'tcp');
    return received.segment;
  }

  /** The three-way handshake; the node's first byte has number 1001. */
  async connects(mss = 1460): Promise<{ connection: TcpConnection; next: number }> {
    const accepted = new Promise<TcpConnection>((resolve) => this.host.listen(3260, resolve));
    this.say(FLAG.syn, 1000, 0, { mss, windowScale: 7 });
    const answer = await this.hears();
    assert.deepEqual([answer.flags, answer.ack, answer.mss], [FLAG.syn | FLAG.ack, 1001, 65_491]);
    const next = (answer.seq + 1) >>> 0;
    this.say(FLAG.ack, 1001, next);
    return { connection: await accepted, next };
  }

  /** Takes and acknowledges data until `bytes` of it are there. */
  async collects(bytes: number, from: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let have = 0;
    while (have < bytes) {
      const { payload, seq } = await this.hears();
      assert.equal(seq, (from + have) >>> 0);
      parts.push(Buffer.from(payload));
      have += payload.length;
      this.say(FLAG.ack, 1001, (from + have) >>> 0);
    }
    return Buffer.concat(parts);
  }
}

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
  const node = new Node();
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
  const node = new Node();
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
  const node = new Node();
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
  const node = new Node();
  const { connection, next } = await node.connects();
  node.say(FLAG.ack, 1001, next, { window: 1 }); // scaled by 7: 128 bytes
  connection.write(randomBytes(300));
  const { payload } = await node.hears();
  assert.equal(payload.length, 128);
  connection.destroy();
});

test('a window of nothing is asked about without data', async () => {
  const node = new Node();
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
  const node = new Node();
  const { connection, next } = await node.connects(100);
  connection.write(randomBytes(300));
  for (const sent of [0, 100, 200]) assert.equal((await node.hears()).seq, (next + sent) >>> 0);
  node.say(FLAG.ack, 1001, (next + 100) >>> 0);
  for (let turn = 0; turn < 3; turn++) node.say(FLAG.ack, 1001, (next + 100) >>> 0);
  for (const again of [100, 200]) assert.equal((await node.hears()).seq, (next + again) >>> 0);
  connection.destroy();
});

test('both ends may end first, and the connection is gone without a reset', async () => {
  const node = new Node();
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
  const node = new Node();
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

test('a question by an old number is answered, and news by the right one is not', async () => {
  const node = new Node();
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
  const node = new Node();
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
  const node = new Node();
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
  const node = new Node();
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
    const node = new Node();
    const { connection, next } = await node.connects(mss);
    connection.write(randomBytes(100));
    assert.equal((await node.collects(100, next)).length, 100);
    connection.destroy();
  }
});

test('before it has answered a node has no connection, and data for it is nobody’s', async () => {
  const node = new Node();
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
  const node = new Node();
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
  const node = new Node();
  const { connection } = await node.connects();
  node.cable.push(Buffer.from('7fffffff', 'hex'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([connection.destroyed, node.cable.destroyed], [true, true]);
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
