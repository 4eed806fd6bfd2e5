import type { Duplex } from 'node:stream';
import { decodeFrame, encodeArpReply, encodeSegment, FLAG, type Mac, type Segment } from './frames.js';
import { type Outgoing, TcpConnection } from './tcp-connection.js';

/** Largest packet of a node whose card was told so; 4 bytes less than IPv4 can say. */
export const MTU = 65_531;
const IP_AND_TCP = 40;
const LENGTH_BYTES = 4;
/** A packet of IPv4 has at most 64 KiB, so a frame of QEMU's has never so much: what says so is no cable of QEMU's. */
const MOST_FRAME_BYTES = 1 << 17;
/** What a node that takes nothing may leave on the cable; what goes beyond is lost, as on any cable. */
const MOST_WAITING_BYTES = 1 << 23;
/** Each may hold 2 MiB; a node has one for each session, and those that it forgot by losing its power. */
const MOST_CONNECTIONS = 128;
/** What tells one connection of the node from another. */
const portsOf = ({ sourcePort, destinationPort }: Segment): string => `${sourcePort} ${destinationPort}`;
/** Locally administered (bit 1 of the first byte), and none of QEMU's own. */
const HOST_MAC: Mac = Buffer.from([0x02, 0x75, 0x6c, 0x6f, 0x67, 0x01]);

/** Gets each connection to a port once it is open. */
export type Accept = (connection: TcpConnection) => void;

/**
 * A host with some TCP ports, at the other end of a node's network cable: all that the node can reach. Frames come and go
 * over a stream socket, each behind its length in 4 bytes, big endian, as QEMU's `-netdev stream` has them (spec vm 5).
 */
export class VirtualHost implements Disposable {
  readonly #connections = new Map<string, TcpConnection>();
  #rest: Buffer = Buffer.alloc(0);
  #node: Mac = Buffer.alloc(6, 0xff);
  #cut = false;
  readonly #ports = new Map<number, Accept>();

  /** @param address its IPv4 address */
  constructor(
    private readonly cable: Duplex,
    private readonly address: string,
  ) {
    cable.on('data', (chunk: Buffer) => this.#receive(chunk));
    cable.on('error', () => undefined); // 'close' follows
    cable.on('close', () => this[Symbol.dispose]());
  }

  /** While it is cut, what either side sends is lost, and neither is told. */
  set cut(cut: boolean) {
    this.#cut = cut;
  }

  /** From now on a port accepts connections; others are refused. */
  listen(port: number, accept: Accept): void {
    this.#ports.set(port, accept);
  }

  /** A port accepts no more connections; those that there are go on. */
  unlisten(port: number): void {
    this.#ports.delete(port);
  }

  /** Resets all connections that there are. */
  reset(): void {
    for (const connection of [...this.#connections.values()]) connection.destroy();
  }

  [Symbol.dispose](): void {
    this.reset();
    this.cable.destroy();
  }

  #receive(chunk: Buffer): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt32BE(0);
      if (end > MOST_FRAME_BYTES) {
        this[Symbol.dispose]();
        return;
      }
      if (rest.length < end) break;
      if (!this.#cut) this.#take(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
  }

  #take(frame: Buffer): void {
    const received = decodeFrame(frame);
    if (received === undefined) return;
    if (received.kind === 'arp-request') {
      if (received.target === this.address) this.#put(encodeArpReply(received, HOST_MAC));
      return;
    }
    const { from, segment } = received;
    this.#node = from;
    if (segment.destination !== this.address) return;
    const known = this.#connections.get(portsOf(segment));
    const isSyn = (segment.flags & (FLAG.syn | FLAG.ack)) === FLAG.syn;
    if (known !== undefined && !known.destroyed) known.receive(segment);
    else if (isSyn && this.#ports.has(segment.destinationPort) && this.#connections.size < MOST_CONNECTIONS)
      this.#open(segment);
    else if ((segment.flags & FLAG.rst) === 0) this.#refuse(segment);
  }

  #open(syn: Segment): void {
    const ports = portsOf(syn);
    const connection = new TcpConnection(syn, {
      mss: MTU - IP_AND_TCP,
      send: (outgoing, parts) => this.#send(syn, outgoing, parts),
      opened: () => {
        const accept = this.#ports.get(syn.destinationPort);
        if (accept === undefined) connection.destroy();
        else accept(connection);
      },
      gone: () => {
        if (this.#connections.get(ports) === connection) this.#connections.delete(ports);
      },
    });
    connection.on('error', () => undefined); // whoever reads it sees 'close'
    this.#connections.set(ports, connection);
  }

  /** RFC 9293 3.10.7.1: to what belongs to no connection. */
  #refuse({ ...segment }: Segment): void {
    const { flags, seq, ack, payload } = segment;
    const length = payload.length + ((flags & FLAG.syn) === 0 ? 0 : 1) + ((flags & FLAG.fin) === 0 ? 0 : 1);
    this.#send(
      segment,
      (flags & FLAG.ack) !== 0
        ? { seq: ack, ack: 0, flags: FLAG.rst, window: 0 }
        : { seq: 0, ack: (seq + length) >>> 0, flags: FLAG.rst | FLAG.ack, window: 0 },
      [],
    );
  }

  /** To where `to` came from. */
  #send(to: Segment, outgoing: Outgoing, parts: readonly Buffer[]): void {
    const ends = {
      source: to.destination,
      destination: to.source,
      sourcePort: to.destinationPort,
      destinationPort: to.sourcePort,
    };
    this.#put(encodeSegment(this.#node, HOST_MAC, { ...ends, ...outgoing }, parts));
  }

  #put(frame: Buffer): void {
    if (this.#cut || this.cable.destroyed || this.cable.writableLength > MOST_WAITING_BYTES) return;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(frame.length);
    this.cable.cork();
    this.cable.write(length);
    this.cable.write(frame);
    // Several segments of one turn of the event loop go in one system call.
    process.nextTick(() => this.cable.uncork());
  }
}
