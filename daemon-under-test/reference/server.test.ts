import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeDatagram,
  decodeReply,
  encodeConstructorText,
  encodeDatagram,
  encodeUlog,
  RequestType,
  type UlogMessage,
} from '../../harness/ulog/index.js';
import { Dispatcher } from './dispatch.js';
import type { DaemonEvent } from './event.js';
import { InstanceRegistry } from './instances.js';
import type { Received } from './netlink-socket.js';
import { Server, type DatagramSocket } from './server.js';

class FakeSocket implements DatagramSocket {
  readonly sent: Buffer[] = [];
  failures = 0;
  readonly waiting: Received[];

  constructor(waiting: Received[]) {
    this.waiting = waiting;
  }

  /** Whether a wake-up is also one of the event loop. */
  interrupted = true;

  wait(): boolean {
    return this.interrupted;
  }

  receive(): Received {
    return this.waiting.shift() ?? { kind: 'empty' };
  }

  send(bytes: Buffer, size: number): void {
    if (this.failures-- > 0) throw new Error('send failed: ENOBUFS');
    this.sent.push(Buffer.from(bytes.subarray(0, size)));
  }
}

function request(fields: Partial<UlogMessage>): UlogMessage {
  const payload = fields.payload ?? new Uint8Array(0);
  return {
    luid: 0xffff_8880_0000_0001n,
    uuid: 'U',
    version: 3,
    error: 0,
    seq: 7,
    requestType: RequestType.GET_SYNC_COUNT,
    dataSize: payload.length,
    payload,
    ...fields,
  };
}

function fromKernel(message: UlogMessage, id: { idx: number; val: number } = { idx: 7, val: 1 }): Received {
  const body = encodeUlog(message);
  const datagram = encodeDatagram({ ...id, seq: message.seq, ack: 0, len: body.length, flags: 0, body });
  return { kind: 'datagram', datagram: Buffer.from(datagram), pid: 0 };
}

/** `step`: milliseconds between complaints. */
function serve(waiting: Received[], failures = 0, step = 1000) {
  const socket = new FakeSocket(waiting);
  socket.failures = failures;
  const events: DaemonEvent[] = [];
  const log = (event: DaemonEvent): void => void events.push(event);
  let time = 0;
  const now = (): number => (time += step);
  new Server(socket, new Dispatcher(new InstanceRegistry(), log), log, false, now).serve(() => false);
  return { sent: socket.sent, events };
}

const CTR = request({
  requestType: RequestType.CTR,
  payload: encodeConstructorText({ text: '64 clustered-core 8 nosync', reconnect: false }),
  dataSize: 26,
});

describe('server', () => {
  it('answers each request once, in the full form, echoing its seq (TRN-07, TRN-09, TRN-18)', () => {
    const { sent } = serve([
      fromKernel(CTR),
      fromKernel(request({ seq: 0 })),
      fromKernel(request({ seq: 0xffff_ffff })),
    ]);
    assert.equal(sent.length, 3);
    const seqs = sent.map((datagram) => {
      const connector = decodeDatagram(datagram);
      assert.deepEqual([connector.idx, connector.val, connector.ack, connector.flags], [7, 1, 0, 0]);
      assert.equal(datagram.readUInt32LE(0), datagram.length);
      assert.equal(datagram.readUInt16LE(4), 3);
      const reply = decodeReply(connector);
      assert.ok(reply.form === 'full');
      assert.equal(connector.len, 160 + reply.message.dataSize);
      assert.equal(reply.error, 0);
      assert.deepEqual([reply.message.uuid, reply.message.luid], [CTR.uuid, CTR.luid]);
      return reply.seq;
    });
    assert.deepEqual(seqs, [7, 0, 0xffff_ffff]);
    assert.equal(sent[1]?.readBigUInt64LE(196), 8n);
  });

  it('is silent to other senders, other ids and damaged datagrams (TRN-08, TRN-22)', () => {
    const good = fromKernel(CTR);
    assert.ok(good.kind === 'datagram');
    const { sent, events } = serve([
      { ...good, pid: 4242 },
      fromKernel(CTR, { idx: 1, val: 1 }),
      fromKernel(CTR, { idx: 7, val: 2 }),
      { kind: 'truncated', size: 70_000 },
      { ...good, datagram: good.datagram.subarray(0, 100) },
      { kind: 'overrun' },
      good,
    ]);
    assert.equal(sent.length, 1);
    assert.deepEqual(
      events.map(({ event, details }) => [event, details['message']]),
      [
        ['ignored', 'datagram from process port 4242, not from the kernel'],
        ['ignored', 'datagram of 70000 bytes is longer than any message of the connector'],
        [
          'ignored',
          "malformed datagram of 100 bytes: nlmsg_len at byte 0: 222 is not from 16 to the datagram's 100",
        ],
        ['overrun', 'the receive buffer ran over; the kernel will send again what was lost'],
        ['ctr', undefined],
      ],
    );
  });

  it('complains once a second while it is flooded with garbage, and goes on', () => {
    const garbage: Received = { kind: 'datagram', datagram: Buffer.alloc(50), pid: 0 };
    const { sent, events } = serve([...Array<Received>(100).fill(garbage), fromKernel(CTR)], 0, 100);
    assert.equal(sent.length, 1);
    const complaints = events.filter(({ event }) => event === 'ignored');
    assert.deepEqual(
      complaints.map(({ details }) => details['unheard']),
      [undefined, ...Array<number>(9).fill(9)],
    );
  });

  it('lets the event loop have its turn during a flood', () => {
    const garbage: Received = { kind: 'datagram', datagram: Buffer.alloc(50), pid: 0 };
    const socket = new FakeSocket(Array<Received>(3000).fill(garbage));
    const log = (): void => undefined;
    const server = new Server(socket, new Dispatcher(new InstanceRegistry(), log), log, false);
    server.serve(() => false);
    assert.equal(socket.waiting.length, 3000 - 1024);
  });

  it('does not read beyond data_size (TRN-21, CTR-07)', () => {
    const good = fromKernel(CTR);
    assert.ok(good.kind === 'datagram');
    const { sent } = serve([{ ...good, datagram: Buffer.concat([good.datagram, Buffer.from('xx')]) }]);
    const reply = decodeReply(decodeDatagram(sent[0] ?? Buffer.alloc(0)));
    assert.ok(reply.form === 'full' && reply.error === 0);
  });

  it('accepts every version (TRN-19)', () => {
    const { sent } = serve([0, 1, 2, 3, 9].map((version) => fromKernel({ ...CTR, version })));
    for (const datagram of sent) {
      const reply = decodeReply(decodeDatagram(datagram));
      assert.ok(reply.form === 'full' && reply.error === 0);
    }
    assert.equal(sent.length, 5);
  });

  it('tries a reply again, and gives up with a line (TRN-24)', () => {
    assert.equal(serve([fromKernel(CTR)], 2).sent.length, 1);
    const { sent, events } = serve([fromKernel(CTR)], 3);
    assert.equal(sent.length, 0);
    assert.deepEqual(events.at(-1), {
      level: 'error',
      event: 'reply-lost',
      details: { seq: 7, message: 'send failed: ENOBUFS' },
    });
  });

  it('survives any datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(3), (bytes, cut) => {
        const good = fromKernel(CTR);
        assert.ok(good.kind === 'datagram');
        const damaged = Buffer.from(good.datagram);
        damaged.set(bytes.subarray(0, 8), (bytes[8] ?? 0) % 200);
        serve([
          { kind: 'datagram', datagram: Buffer.from(bytes), pid: 0 },
          { kind: 'datagram', datagram: damaged.subarray(0, damaged.length - cut), pid: 0 },
        ]);
      }),
    );
  });

  it('goes on serving until it may stop, or the event loop wants its turn', () => {
    const socket = new FakeSocket([]);
    socket.interrupted = false;
    const log = (): void => undefined;
    let asked = 0;
    new Server(socket, new Dispatcher(new InstanceRegistry(), log), log, false).serve(() => ++asked === 3);
    assert.equal(asked, 3);
    socket.interrupted = true;
    new Server(socket, new Dispatcher(new InstanceRegistry(), log), log, false).serve(() => ++asked === 100);
    assert.equal(asked, 4);
  });
});
