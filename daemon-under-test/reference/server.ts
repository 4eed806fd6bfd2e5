/** The receive path: one blocking loop over the socket, from datagram to reply. */
import {
  bareAck,
  CONNECTOR_HEADER_SIZE,
  decodeDatagram,
  decodeUlog,
  encodeConnectorHeaderInto,
  encodeNetlinkHeaderInto,
  encodeUlogInto,
  isUlogConnector,
  NETLINK_HEADER_SIZE,
  NLMSG_DONE,
  ULOG_HEADER_SIZE,
  UlogFormatError,
  type UlogMessage,
} from '../../harness/ulog/index.js';
import type { Dispatcher, Reply } from './dispatch.js';
import type { EventSink } from './event.js';
import type { Received } from './netlink-socket.js';

/** What the server needs of a socket; `UlogSocket` is one. */
export interface DatagramSocket {
  /** Blocks until a datagram waits, or the event loop has something to do (true). */
  wait(): boolean;
  receive(): Received;
  /** Sends the first `size` bytes; throws when they were not taken. */
  send(bytes: Buffer, size: number): void;
}

const HEADERS_SIZE = NETLINK_HEADER_SIZE + CONNECTOR_HEADER_SIZE;
/** Room for the largest answer that a kernel takes from us: a status text. */
const REPLY_SIZE = HEADERS_SIZE + ULOG_HEADER_SIZE + 1024;
/** A reply that the kernel does not take is tried this often; then the request is left to be sent again. */
const SEND_ATTEMPTS = 3;

/** Answers what the kernel asks. */
export class Server {
  readonly #socket: DatagramSocket;
  readonly #dispatcher: Dispatcher;
  readonly #log: EventSink;
  readonly #debug: boolean;
  readonly #reply = Buffer.alloc(REPLY_SIZE);

  /** `debug`: report every request and what was answered; costs time. */
  constructor(socket: DatagramSocket, dispatcher: Dispatcher, log: EventSink, debug: boolean) {
    this.#socket = socket;
    this.#dispatcher = dispatcher;
    this.#log = log;
    this.#debug = debug;
  }

  /** Blocks the thread; returns when the event loop has something to do, or `mayStop` (asked after every batch). */
  serve(mayStop: () => boolean): void {
    let interrupted = false;
    while (!interrupted && !mayStop()) {
      interrupted = this.#socket.wait();
      this.#drain();
    }
  }

  /** Handles everything that waits, so that a burst costs one wake-up. */
  #drain(): void {
    for (;;) {
      const received = this.#socket.receive();
      switch (received.kind) {
        case 'empty':
          return;
        case 'overrun':
          this.#log({
            level: 'warn',
            event: 'overrun',
            details: { message: 'the receive buffer ran over; the kernel will send again what was lost' },
          });
          break;
        case 'truncated':
          this.#ignored(`datagram of ${received.size} bytes is longer than any message of the connector`);
          break;
        case 'datagram':
          this.#accept(received.datagram, received.pid);
          break;
        default:
          received satisfies never;
      }
    }
  }

  #accept(datagram: Buffer, pid: number): void {
    // Any process may send to our port; only the kernel has port 0 (TRN-08).
    if (pid !== 0) {
      this.#ignored(`datagram from process port ${pid}, not from the kernel`);
      return;
    }
    let request: UlogMessage;
    try {
      const connector = decodeDatagram(datagram);
      if (!isUlogConnector(connector)) return;
      request = decodeUlog(connector.body);
    } catch (error) {
      if (!(error instanceof UlogFormatError)) throw error;
      this.#ignored(`malformed datagram of ${datagram.length} bytes: ${error.message}`);
      return;
    }
    const reply = this.#dispatcher.handle(request);
    this.#send(request, reply);
    if (this.#debug) this.#trace(request, reply);
  }

  /** The full form of a reply; all that the kernel looks at is seq, error, data_size and payload (spec 2.3). */
  #send(request: UlogMessage, reply: Reply): void {
    const size = this.#encode(request, reply);
    for (let attempt = 1; ; attempt++) {
      try {
        this.#socket.send(this.#reply, size);
        return;
      } catch (error) {
        if (attempt < SEND_ATTEMPTS) continue;
        const message = error instanceof Error ? error.message : String(error);
        // The state has changed already; every request may be repeated, so the kernel's resend finds the same.
        this.#log({ level: 'error', event: 'reply-lost', details: { seq: request.seq, message } });
        return;
      }
    }
  }

  #encode(request: UlogMessage, { error, payload }: Reply): number {
    const { seq } = request;
    const message = { ...request, error, dataSize: payload.length, payload };
    const size = encodeUlogInto(this.#reply, HEADERS_SIZE, message);
    const connector = { ...bareAck(seq, 0), len: size - HEADERS_SIZE };
    encodeConnectorHeaderInto(this.#reply, NETLINK_HEADER_SIZE, connector);
    encodeNetlinkHeaderInto(this.#reply, 0, { length: size, type: NLMSG_DONE, flags: 0, seq, pid: 0 });
    return size;
  }

  #ignored(message: string): void {
    this.#log({ level: 'warn', event: 'ignored', details: { message } });
  }

  #trace(request: UlogMessage, reply: Reply): void {
    const { uuid, luid, seq, requestType: type, dataSize } = request;
    const details = { uuid, luid: `0x${luid.toString(16)}`, seq, type, dataSize, error: reply.error };
    this.#log({ level: 'debug', event: 'request', details: { ...details, replySize: reply.payload.length } });
  }
}
