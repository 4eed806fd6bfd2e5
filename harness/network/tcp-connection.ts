import { Duplex } from 'node:stream';
import { type Deadline, startDeadline } from '../deadline-clock.js';
import { FLAG, type Segment } from './frames.js';
import { SendQueue } from './send-queue.js';

/** So much of what the peer sends is taken before anybody reads it. */
const RECEIVE_BYTES = 1 << 20;
/** 1 MiB does not fit 16 bits (RFC 7323 2.2). */
const WINDOW_SCALE = 5;
/** What may wait to be sent before `write` says that it is enough. */
const SEND_BYTES = 1 << 20;
/** Nothing is lost on the cable but by a fault, so nothing has to be sent twice soon. ms. */
const RETRANSMIT_MS = 200;
const RETRANSMIT_MAX_MS = 5_000;
/**
 * More is not on the way at a time, whatever the window of the peer: what arrives while a thread of Linux holds the socket
 * waits in its backlog, which counts against the window; a window that became nothing by that is not told again when it
 * has gone, and costs the time of a question (seen with 256 KiB: 200 ms, several times in each 30 MiB).
 */
const MOST_ON_THE_WAY = 1 << 17;
/** So many repeated acknowledgements mean a loss (RFC 5681 3.2). */
const REPEATS = 3;
/** When a peer names no size of its own (RFC 9293 3.7.1). */
const DEFAULT_MSS = 536;

/** What a connection says; the host adds addresses. */
export type Outgoing = Pick<Segment, 'seq' | 'ack' | 'flags' | 'window' | 'mss' | 'windowScale'>;

/** What a connection needs of its host. */
export interface Wire {
  send(segment: Outgoing, parts: readonly Buffer[]): void;
  /** Largest segment that the host itself takes. */
  readonly mss: number;
  /** The peer has answered: the connection is open. */
  opened(): void;
  /** Nothing more will come of it. */
  gone(): void;
}

/** `a - b` of sequence numbers, which are modulo 2^32 (RFC 9293 3.4). */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}

function plus(seq: number, bytes: number): number {
  return (seq + bytes) >>> 0;
}

/**
 * The passive end of a TCP connection to a node (RFC 9293), over a cable that keeps the order and loses nothing unless a
 * test wants it so: no congestion control, no selective acknowledgements, and everything is sent again from the first
 * byte that is missing. `destroy` resets the connection.
 */
export class TcpConnection extends Duplex {
  readonly #queue = new SendQueue();
  readonly #initial = Math.floor(Math.random() * 2 ** 32);
  /** Next byte that is wanted of the peer. */
  #receiveNext: number;
  /** First byte of ours that the peer has not acknowledged, and the next to send. */
  #unacknowledged: number;
  #sendNext: number;
  /** Behind the last byte that was ever sent: after a retransmission began, the peer may acknowledge more. */
  #sentUntil: number;
  #peerWindow: number;
  readonly #peerScale: number;
  readonly #scaled: boolean;
  readonly #mss: number;
  readonly #mostOnTheWay: number;
  #open = false;
  #finWanted = false;
  #finAcknowledged = false;
  #finished: (() => void) | undefined;
  #peerEnded = false;
  #drained: (() => void) | undefined;
  #retransmit: Deadline | undefined;
  #retransmitMs = RETRANSMIT_MS;
  /** Acknowledgements in a row that say nothing new: the peer got something, and something before it is missing. */
  #repeats = 0;
  #ackDue = false;
  #advertised = RECEIVE_BYTES;
  #unread = 0;

  /** Answers a SYN. */
  constructor(
    syn: Segment,
    private readonly wire: Wire,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: RECEIVE_BYTES });
    this.#receiveNext = plus(syn.seq, 1);
    this.#unacknowledged = this.#initial;
    this.#sendNext = plus(this.#initial, 1);
    this.#sentUntil = this.#sendNext;
    this.#peerWindow = syn.window;
    this.#scaled = syn.windowScale !== undefined;
    this.#peerScale = syn.windowScale ?? 0;
    this.#mss = Math.min(syn.mss ?? DEFAULT_MSS, wire.mss);
    // Whole segments: of two the second one is acknowledged at once.
    this.#mostOnTheWay = Math.floor(MOST_ON_THE_WAY / this.#mss) * this.#mss;
    this.#answerSyn();
  }

  /** As of a socket; nothing is ever kept back here. */
  setNoDelay(): this {
    return this;
  }

  /** A segment of the peer for this connection. */
  receive(segment: Segment): void {
    if (this.destroyed) return;
    const { flags, seq } = segment;
    if ((flags & FLAG.rst) !== 0) {
      // Only at the byte that is wanted (RFC 5961 3.2): an old one must not end a new connection.
      if (seq === this.#receiveNext) this.destroy(new Error('the node reset the connection'));
      return;
    }
    if ((flags & FLAG.syn) !== 0) {
      if (!this.#open) this.#answerSyn();
      else this.#acknowledge();
      return;
    }
    if ((flags & FLAG.ack) !== 0) this.#acknowledged(segment);
    this.#take(segment);
  }

  override _read(): void {
    this.#unread = this.readableLength;
    // It was told that the window is small: now it is not.
    if (this.#open && this.#advertised < RECEIVE_BYTES / 2 && this.#window() >= RECEIVE_BYTES / 2)
      this.#acknowledge();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#queue.push(chunk);
    this.#pump();
    if (this.#queue.bytes < SEND_BYTES) done();
    else this.#drained = done;
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks.slice(0, -1)) this.#queue.push(chunk);
    this._write(chunks.at(-1)?.chunk ?? Buffer.alloc(0), 'binary', done);
  }

  override _final(done: () => void): void {
    this.#finWanted = true;
    this.#finished = done;
    this.#pump();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#retransmit?.clear();
    if (!this.#peerEnded || !this.#finAcknowledged) this.#send(FLAG.rst | FLAG.ack, this.#sendNext);
    else if (this.#ackDue) this.#acknowledge();
    this.wire.gone();
    done(error);
  }

  /** Sequence numbers that were sent and not acknowledged. */
  get #outstanding(): number {
    return distance(this.#sendNext, this.#unacknowledged);
  }

  #answerSyn(): void {
    const { mss } = this.wire;
    const scale = this.#scaled ? { windowScale: WINDOW_SCALE } : {};
    this.#send(FLAG.syn | FLAG.ack, this.#initial, [], { mss, ...scale });
  }

  #acknowledged({ ack, window, payload }: Segment): void {
    const fresh = distance(ack, this.#unacknowledged);
    if (fresh < 0 || distance(ack, this.#sentUntil) > 0) return;
    const room = window << this.#peerScale;
    const isRepeat =
      fresh === 0 && payload.length === 0 && room === this.#peerWindow && this.#outstanding > 0;
    this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    this.#peerWindow = room;
    if (this.#repeats === REPEATS) {
      this.#sendAgain();
      return;
    }
    if (!this.#open) {
      if (fresh === 0) return;
      this.#open = true;
      this.#unacknowledged = ack;
      this.wire.opened();
    } else if (fresh > 0) {
      // Only the end can be acknowledged beyond what was written.
      this.#finAcknowledged = fresh > this.#queue.bytes;
      this.#queue.release(fresh);
      this.#unacknowledged = ack;
      if (distance(ack, this.#sendNext) > 0) this.#sendNext = ack;
      this.#retransmitMs = RETRANSMIT_MS;
      this.#retransmit?.clear();
      this.#retransmit = undefined;
      if (this.#drained !== undefined && this.#queue.bytes < SEND_BYTES) {
        const drained = this.#drained;
        this.#drained = undefined;
        drained();
      }
      if (this.#finAcknowledged) this.#finished?.();
    }
    this.#pump();
  }

  #take({ seq, payload, flags }: Segment): void {
    if (this.destroyed) return;
    const fin = (flags & FLAG.fin) !== 0;
    if (payload.length === 0 && !fin) return;
    // What is here already comes again when an acknowledgement was lost.
    const known = distance(this.#receiveNext, seq);
    if (known < 0 || known > payload.length || this.#peerEnded) {
      this.#acknowledge();
      return;
    }
    const news = payload.subarray(known);
    if (news.length > 0) {
      this.#receiveNext = plus(this.#receiveNext, news.length);
      this.push(news);
      this.#unread = this.readableLength;
    }
    if (fin) {
      this.#receiveNext = plus(this.#receiveNext, 1);
      this.#peerEnded = true;
      this.push(null);
    }
    this.#acknowledgeSoon();
  }

  /** With what is sent in answer, if anything is at once. */
  #acknowledgeSoon(): void {
    if (this.#ackDue) return;
    this.#ackDue = true;
    setImmediate(() => {
      if (this.#ackDue && !this.destroyed) this.#acknowledge();
    });
  }

  #acknowledge(): void {
    this.#send(FLAG.ack, this.#sendNext);
  }

  /** Sends what the peer's window has room for, then the end if it is due. */
  #pump(): void {
    if (!this.#open || this.destroyed) return;
    for (;;) {
      const sent = this.#outstanding;
      const room = Math.min(this.#peerWindow, this.#mostOnTheWay);
      const bytes = Math.min(this.#mss, this.#queue.bytes - sent, room - sent);
      if (bytes <= 0) break;
      const last = bytes === this.#queue.bytes - sent;
      this.#send(FLAG.ack | (last ? FLAG.psh : 0), this.#sendNext, this.#queue.peek(sent, bytes));
      this.#advance(bytes);
    }
    if (this.#finWanted && !this.#finAcknowledged && this.#outstanding === this.#queue.bytes) {
      this.#send(FLAG.fin | FLAG.ack, this.#sendNext);
      this.#advance(1);
    }
    if (this.#outstanding > 0 || this.#queue.bytes > 0) this.#watch();
  }

  #advance(numbers: number): void {
    this.#sendNext = plus(this.#sendNext, numbers);
    if (distance(this.#sendNext, this.#sentUntil) > 0) this.#sentUntil = this.#sendNext;
  }

  /** Asks again when nothing is heard for some time: by what was not acknowledged, or of a window of nothing. */
  #watch(): void {
    this.#retransmit ??= startDeadline(this.#retransmitMs, () => {
      this.#retransmit = undefined;
      this.#retransmitMs = Math.min(this.#retransmitMs * 2, RETRANSMIT_MAX_MS);
      if (this.#outstanding === 0) this.#askForWindow();
      else this.#sendAgain();
    });
  }

  /** By an old number, which must be answered. Not by a byte of data: Linux drops that, and what follows has a gap then. */
  #askForWindow(): void {
    this.#send(FLAG.ack, plus(this.#unacknowledged, -1));
    this.#watch();
  }

  /** All from the first byte that is missing. */
  #sendAgain(): void {
    this.#sendNext = this.#unacknowledged;
    this.#repeats = 0;
    // Its window may have become smaller than what is on the way.
    this.#peerWindow = Math.max(this.#peerWindow, this.#mss);
    this.#pump();
  }

  #window(): number {
    return Math.max(0, RECEIVE_BYTES - this.#unread);
  }

  #send(
    flags: number,
    seq: number,
    parts: readonly Buffer[] = [],
    options: Pick<Outgoing, 'mss' | 'windowScale'> = {},
  ): void {
    this.#ackDue = false;
    this.#advertised = this.#window();
    // That of a SYN is not scaled yet.
    const shift = this.#scaled && (flags & FLAG.syn) === 0 ? WINDOW_SCALE : 0;
    const window = Math.min(this.#advertised >> shift, 0xffff);
    this.wire.send({ seq, ack: this.#receiveNext, flags, window, ...options }, parts);
  }
}
