/** The receive path: one blocking loop over the socket, from datagram to reply. */
import { UlogFormatError, type UlogMessage } from '../../harness/ulog/index.js';
import type { Dispatcher, Reply } from './dispatch.js';
import type { EventSink } from './event.js';
import type { Received } from './netlink-socket.js';
import { ReplyBuffer } from './reply-buffer.js';
import { RequestDecoder } from './request-decoder.js';

/** What the server needs of a socket; `UlogSocket` is one. */
export interface DatagramSocket {
  /** Blocks until a datagram waits, or the event loop has something to do (true). */
  wait(): boolean;
  /** Waits a moment at most. */
  receive(): Received;
  /** Sends the first `size` bytes; throws when they were not taken. */
  send(bytes: Buffer, size: number): void;
}

/** A reply that the kernel does not take is tried this often; then the request is left to be sent again. */
const SEND_ATTEMPTS = 3;
/** After so many datagrams the event loop gets its turn, so that a flood cannot keep a signal away. */
const BATCH = 1024;
/** Complaints about datagrams come at most this often, in milliseconds; who floods us must not fill the log. */
const COMPLAINT_INTERVAL = 1000;

/** Answers what the kernel asks. */
export class Server {
  readonly #socket: DatagramSocket;
  readonly #dispatcher: Dispatcher;
  readonly #log: EventSink;
  readonly #debug: boolean;
  readonly #now: () => number;
  readonly #decoder = new RequestDecoder();
  readonly #reply = new ReplyBuffer();
  #lastComplaint = -Infinity;
  #unheardComplaints = 0;

  /** `debug`: report every request and what was answered; costs time. `now`: a clock in milliseconds. */
  constructor(
    socket: DatagramSocket,
    dispatcher: Dispatcher,
    log: EventSink,
    debug: boolean,
    now = (): number => performance.now(),
  ) {
    this.#socket = socket;
    this.#dispatcher = dispatcher;
    this.#log = log;
    this.#debug = debug;
    this.#now = now;
  }

  /** Blocks the thread; returns when the event loop has something to do, or `mayStop` (asked after every batch). */
  serve(mayStop: () => boolean): void {
    let interrupted = false;
    while (!interrupted && !mayStop()) {
      interrupted = this.#socket.wait();
      this.#drain();
    }
  }

  /** Handles what waits, and what comes while it does, so that a burst costs one wake-up. */
  #drain(): void {
    for (let taken = 0; taken < BATCH; taken++) {
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
    let request: UlogMessage | undefined;
    try {
      request = this.#decoder.decode(datagram);
    } catch (error) {
      if (!(error instanceof UlogFormatError)) throw error;
      this.#ignored(`malformed datagram of ${datagram.length} bytes: ${error.message}`);
      return;
    }
    if (request === undefined) return;
    const reply = this.#dispatcher.handle(request);
    const size = this.#reply.encode(datagram, request.seq, reply.error, reply.payload);
    this.#send(request.seq, size);
    if (this.#debug) this.#trace(request, reply);
  }

  #send(seq: number, size: number): void {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#socket.send(this.#reply.bytes, size);
        return;
      } catch (error) {
        if (attempt < SEND_ATTEMPTS) continue;
        const message = error instanceof Error ? error.message : String(error);
        // The state has changed already; every request may be repeated, so the kernel's resend finds the same.
        this.#log({ level: 'error', event: 'reply-lost', details: { seq, message } });
        return;
      }
    }
  }

  #ignored(message: string): void {
    const now = this.#now();
    if (now - this.#lastComplaint < COMPLAINT_INTERVAL) {
      this.#unheardComplaints += 1;
      return;
    }
    const unheard = this.#unheardComplaints === 0 ? {} : { unheard: this.#unheardComplaints };
    this.#lastComplaint = now;
    this.#unheardComplaints = 0;
    this.#log({ level: 'warn', event: 'ignored', details: { message, ...unheard } });
  }

  #trace(request: UlogMessage, reply: Reply): void {
    const { uuid, luid, seq, requestType: type, dataSize } = request;
    const details = { uuid, luid: `0x${luid.toString(16)}`, seq, type, dataSize, error: reply.error };
    this.#log({ level: 'debug', event: 'request', details: { ...details, replySize: reply.payload.length } });
  }
}
