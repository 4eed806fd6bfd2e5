/** What each verb makes of a request, on the bytes that go to the relay. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import {
  decodeDatagram,
  decodeReply,
  encodeConstructorText,
  encodeDatagram,
  encodeU64,
  encodeUlog,
  RequestType,
  type RequestName,
} from '../ulog/index.js';
import { RequestsMissing } from './arrivals.js';
import { encodeFrame, FrameReader } from './frames.js';
import { PuppetHost } from './puppet-host.js';

const NO_BYTES = new Uint8Array(0);
const GREETING = Buffer.from('greeting');

/** The guest's end of the port: the kernel and the relay. */
class Guest {
  readonly #frames = new FrameReader();
  readonly #answers: string[] = [];
  readonly lines: string[] = [];
  readonly puppet: PuppetHost;
  readonly #port: Duplex;
  #seq = 100;

  constructor() {
    this.#port = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        for (const contents of this.#frames.push(chunk)) this.#answers.push(describe8(contents));
        done();
      },
    });
    this.puppet = new PuppetHost(this.#port, (line) => this.lines.push(line));
  }

  raw(bytes: Uint8Array): void {
    // As the stream would, but at once.
    this.#port.emit('data', Buffer.from(bytes));
  }

  greet(): this {
    this.raw(encodeFrame(GREETING));
    assert.deepEqual(this.answers(), ['greeting']);
    return this;
  }

  /** Sends a request; its seq is one more than the last. */
  ask(name: RequestName | number, payload: Uint8Array = NO_BYTES, uuid = 'U'): void {
    const requestType = typeof name === 'number' ? name : RequestType[name];
    const seq = this.#seq++;
    const body = encodeUlog({
      ...{ luid: 1n, uuid, version: 3, error: 0, seq, requestType, dataSize: payload.length, payload },
    });
    this.raw(encodeFrame(encodeDatagram({ idx: 7, val: 1, seq, ack: 0, len: body.length, flags: 0, body })));
  }

  /** A log of 4 regions that is in sync and active. */
  construct(): this {
    this.ask('CTR', encodeConstructorText({ text: '4096 clustered-core 1024 nosync', reconnect: false }));
    this.ask('RESUME');
    assert.deepEqual(this.answers(), ['seq 100: 0', 'seq 101: 0']);
    return this;
  }

  /** What the puppet said since the last look. */
  answers(): string[] {
    return this.#answers.splice(0);
  }
}

function describe8(contents: Uint8Array): string {
  if (Buffer.compare(contents, GREETING) === 0) return 'greeting';
  if (contents.length < 36) return Buffer.from(contents).toString();
  const reply = decodeReply(decodeDatagram(contents));
  if (reply.form === 'malformed') return reply.problem;
  const data = reply.form === 'full' ? [...reply.message.payload].map((byte) => ` ${byte}`).join('') : ' ack';
  return `seq ${reply.seq}: ${reply.error}${data}`;
}

function begin(): Guest {
  return new Guest().greet().construct();
}

const ONE = ' 1 0 0 0 0 0 0 0';

void describe('the puppet', () => {
  void it('answers honestly without a rule, in pieces or many at once', () => {
    const guest = begin();
    guest.ask('IN_SYNC', encodeU64(3n));
    guest.ask('IN_SYNC', encodeU64(4n));
    guest.ask(99);
    assert.deepEqual(guest.answers(), [`seq 102: 0${ONE}`, 'seq 103: -22', 'seq 104: -22']);
    assert.match(guest.lines.at(-3) ?? '', /^honest: IN_SYNC of U \(luid 0x1\), seq 102, 8 bytes 03/);
  });

  void it('puts frames together that come in pieces', () => {
    const guest = new Guest();
    const bytes = encodeFrame(GREETING);
    for (const byte of bytes) guest.raw(Uint8Array.of(byte));
    assert.deepEqual(guest.answers(), ['greeting']);
  });

  void it('drops, as often as told and where told', () => {
    const guest = begin();
    const rule = guest.puppet.drop('MARK_REGION', {
      times: 2,
      where: ({ payload }) => payload[0] !== 0,
    });
    for (const region of [0n, 1n, 2n, 3n]) guest.ask('MARK_REGION', encodeU64(region));
    assert.deepEqual(guest.answers(), ['seq 102: 0', 'seq 105: 0']);
    assert.equal(rule.applied, 2);
    assert.equal(guest.puppet.seen(['MARK_REGION', 'FLUSH']).length, 4);
  });

  void it('lets the latest of several rules decide, until it is lifted or used up', () => {
    const guest = begin();
    guest.puppet.fail(['FLUSH', 'MARK_REGION'], 5);
    const acked = guest.puppet.ack('FLUSH', 0, { times: 1 });
    const failed = guest.puppet.fail('FLUSH', 28, { dataSize: 2 });
    guest.ask('FLUSH');
    failed.lift();
    guest.ask('FLUSH');
    guest.ask('FLUSH');
    assert.deepEqual(guest.answers(), ['seq 102: -28 0 0', 'seq 103: 0 ack', 'seq 104: -5']);
    assert.deepEqual([failed.applied, acked.applied], [1, 1]);
  });

  void it('duplicates, replaces, and sends what nobody asked for', () => {
    const guest = begin();
    guest.puppet.duplicate('FLUSH');
    guest.puppet.replace('IN_SYNC', (_request, honest) =>
      honest.form === 'full' ? { ...honest, payload: encodeU64(2n), seq: 7 } : honest,
    );
    guest.ask('FLUSH');
    guest.ask('IN_SYNC', encodeU64(0n));
    guest.puppet.send({ form: 'ack', errno: 3 });
    guest.puppet.send({ form: 'ack', errno: 3, seq: 103 });
    guest.puppet.send({ form: 'raw', datagram: Buffer.from('raw') });
    assert.deepEqual(guest.answers(), [
      ...['seq 102: 0', 'seq 102: 0', 'seq 7: 0 2 0 0 0 0 0 0 0', `seq ${103 + 2 ** 30}: -3 ack`],
      ...['seq 103: -3 ack', 'raw'],
    ]);
  });

  void it('holds until it is told to release, in order of arrival', async () => {
    const guest = begin();
    const held = guest.puppet.hold(['MARK_REGION', 'FLUSH']);
    const both = held.held(2, 5000);
    guest.ask('MARK_REGION', encodeU64(1n));
    guest.ask('FLUSH');
    await both;
    assert.deepEqual(guest.answers(), []);
    held.release();
    guest.ask('FLUSH');
    assert.deepEqual(guest.answers(), ['seq 102: 0', 'seq 103: 0', 'seq 104: 0']);
    assert.equal(held.applied, 2);
  });

  void it('says which requests came instead when too few did', async () => {
    const guest = begin();
    const held = guest.puppet.hold('FLUSH');
    guest.ask('FLUSH');
    await assert.rejects(held.held(2, 10), (error: unknown) => {
      assert.ok(error instanceof RequestsMissing);
      assert.match(error.message, /^waited 10 ms for 2 held answers; seen: FLUSH of U \(luid 0x1\), seq 102/);
      return true;
    });
    await assert.rejects(guest.puppet.reached('DTR', 1, 10), /waited 10 ms for 1 requests DTR; seen: none/);
    await guest.puppet.reached('FLUSH', 1, 10);
  });

  void it('answers late, and each answer of a reaction after the one before', async () => {
    const guest = begin();
    guest.puppet.delay('FLUSH', 20);
    guest.puppet.react('IN_SYNC', (_request, honest) => [
      { afterMs: 10, answer: { form: 'ack', errno: 1 } },
      { afterMs: 0, answer: honest },
    ]);
    guest.ask('FLUSH');
    guest.ask('IN_SYNC', encodeU64(0n));
    assert.deepEqual(guest.answers(), []);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(guest.answers(), ['seq 103: -1 ack', `seq 103: 0${ONE}`, 'seq 102: 0']);
  });

  void it('sends nothing that is on its way once it is dead or disposed', async () => {
    const guest = begin();
    guest.puppet.delay('FLUSH', 5);
    const held = guest.puppet.hold('MARK_REGION');
    guest.ask('FLUSH');
    guest.ask('MARK_REGION', encodeU64(0n));
    guest.puppet.die();
    guest.ask('IN_SYNC', encodeU64(0n));
    await new Promise((resolve) => setTimeout(resolve, 20));
    guest.greet();
    held.release();
    assert.deepEqual(guest.answers(), []);
    guest.ask('IN_SYNC', encodeU64(0n));
    assert.deepEqual(guest.answers(), ['seq 105: -3 0 0 0 0 0 0 0 0']);
    guest.ask('FLUSH');
    guest.puppet[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(guest.answers(), []);
  });

  void it('keeps its logs over its death when told to, and forgets them alive when told to', () => {
    const guest = begin();
    guest.puppet.afterDeath('kept');
    guest.puppet.die();
    guest.greet().ask('IN_SYNC', encodeU64(0n));
    guest.puppet.forget();
    guest.ask('MARK_REGION', encodeU64(0n));
    assert.deepEqual(guest.answers(), [`seq 102: 0${ONE}`, 'seq 103: -3']);
  });

  void it('answers honestly where a rule throws, and remembers that', () => {
    const guest = begin();
    guest.puppet.react('FLUSH', () => {
      throw new Error('a test that is wrong');
    });
    guest.ask('FLUSH');
    assert.deepEqual(guest.answers(), ['seq 102: 0']);
    assert.equal(guest.puppet.trouble?.message, 'a test that is wrong');
  });

  void it('tells an answer that fits no field, and a stream without frames, as trouble', () => {
    const guest = begin();
    guest.puppet.send({ form: 'full', error: 2 ** 40, payload: NO_BYTES });
    assert.match(guest.puppet.trouble?.message ?? '', /^error at byte 144: /);
    const other = new Guest();
    other.raw(Buffer.alloc(8, 0xff));
    assert.match(other.puppet.trouble?.message ?? '', /^the puppet's relay sent a frame of 4294967295 bytes/);
  });
});
