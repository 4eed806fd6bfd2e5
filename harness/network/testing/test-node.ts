import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { decodeFrame, encodeSegment, FLAG, type Segment } from '../frames.js';
import type { TcpConnection } from '../tcp-connection.js';
import { VirtualHost } from '../virtual-host.js';

export const NODE = '10.0.2.15';
export const HOST = '10.0.2.100';
export const NODE_MAC = Buffer.from('525400010203', 'hex');
export const PORTS = { sourcePort: 40_000, destinationPort: 3260 };

/** A node at the other end of the cable, as a test plays it: frames by hand. */
export class TestNode {
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
