import { Duplex } from 'node:stream';
import { FLAG, type Segment } from './frames.js';
import { distance, plus } from './sequence.js';
import { TcpSender } from './tcp-sender.js';

/** So much of what the peer sends is taken before anybody reads it; what goes beyond is not. */
const RECEIVE_BYTES = 1 << 20;
/** 1 MiB does not fit 16 bits (RFC 7323 2.2). */
const WINDOW_SCALE = 5;
/** What may wait to be sent before `write` says that it is enough. */
const SEND_BYTES = 1 << 20;
/** When a peer names no size of its own (RFC 9293 3.7.1). */
const DEFAULT_MSS = 536;
/** Less is no size (RFC 9293 3.7.1 has 536 for everybody): a peer that names it gets no more, in tiny segments. */
const LEAST_MSS = 64;

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

/**
 * The passive end of a TCP connection to a node (RFC 9293), over a cable that keeps the order and loses nothing unless a
 * test wants it so: no congestion control, no selective acknowledgements, and everything is sent again from the first
 * byte that is missing. `destroy` resets the connection. Both directions end on their own, as of a socket that allows
 * half-open connections: who serves the connection ends it after the node has.
 */
export class TcpConnection extends Duplex {
  readonly #initial = Math.floor(Math.random() * 2 ** 32);
  readonly #sender: TcpSender;
  /** Next byte that is wanted of the peer. */
  #receiveNext: number;
  readonly #scaled: boolean;
  #open = false;
  #finished: (() => void) | undefined;
  #peerEnded = false;
  #drained: (() => void) | undefined;
  /** Bytes that were given to the sender, and that the stream still counts as to be written. */
  #taken = 0;
  /** Who waits until so many bytes have been acknowledged. */
  readonly #awaiting: { readonly bytes: number; readonly callback: () => void }[] = [];
  #ackDue = false;
  #advertised = RECEIVE_BYTES;

  /** Answers a SYN. */
  constructor(
    syn: Segment,
    private readonly wire: Wire,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: RECEIVE_BYTES });
    this.#receiveNext = plus(syn.seq, 1);
    this.#scaled = syn.windowScale !== undefined;
    const mss = Math.min(Math.max(syn.mss ?? DEFAULT_MSS, LEAST_MSS), wire.mss);
    this.#sender = new TcpSender(
      plus(this.#initial, 1),
      { mss, windowScale: syn.windowScale ?? 0 },
      (flags, seq, parts) => this.#send(flags, seq, parts),
    );
    this.#answerSyn();
  }

  /** As of a socket; nothing is ever kept back here. */
  setNoDelay(): this {
    return this;
  }

  /** Calls back when the peer has all that was written so far, or the connection is gone: it is not sent again. */
  afterWritten(callback: () => void): void {
    if (this.destroyed) {
      callback();
      return;
    }
    const { acknowledgedBytes, waiting } = this.#sender;
    const bytes = acknowledgedBytes + waiting + this.writableLength - this.#taken;
    this.#awaiting.push({ bytes, callback });
  }

  /** A segment of the peer for this connection. */
  receive(segment: Segment): void {
    if (this.destroyed) return;
    const { flags } = segment;
    if ((flags & FLAG.rst) !== 0) {
      this.#reset(segment);
    } else if ((flags & FLAG.syn) !== 0) {
      if (!this.#open) this.#answerSyn();
      else this.#acknowledge();
    } else if (this.#open) {
      if ((flags & FLAG.ack) !== 0) this.#acknowledged(segment);
      this.#take(segment);
    } else if ((flags & FLAG.ack) !== 0 && segment.ack === plus(this.#initial, 1)) {
      // Until the peer has shown that it heard us, nothing else of it counts (RFC 9293 3.10.7.4).
      this.#open = true;
      this.wire.opened();
      this.#acknowledged(segment);
      this.#take(segment);
    }
  }

  override _read(): void {
    // What the peer sends comes by itself; `read` tells it of the room.
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    // It was told that the window is small: now it is not.
    const grown = this.#advertised < RECEIVE_BYTES / 2 && this.#room >= RECEIVE_BYTES / 2;
    if (grown && this.#open && !this.destroyed) this.#acknowledge();
    return chunk;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) {
      this.#sender.write(chunk);
      this.#taken += chunk.length;
    }
    this.#drained = (): void => {
      this.#taken = 0;
      done();
    };
    this.#sender.pump();
    this.#takeMore();
  }

  override _final(done: () => void): void {
    this.#finished = done;
    this.#sender.end();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#sender.stop();
    for (const { callback } of this.#awaiting.splice(0)) callback();
    if (!this.#peerEnded || !this.#sender.finAcknowledged) this.#send(FLAG.rst | FLAG.ack, this.#sender.next);
    else if (this.#ackDue) this.#acknowledge();
    this.wire.gone();
    done(error);
  }

  /** Bytes that the peer may send now. */
  get #room(): number {
    return Math.max(0, RECEIVE_BYTES - this.readableLength);
  }

  #answerSyn(): void {
    const { mss } = this.wire;
    const scale = this.#scaled ? { windowScale: WINDOW_SCALE } : {};
    this.#send(FLAG.syn | FLAG.ack, this.#initial, [], { mss, ...scale });
  }

  /** Only at the byte that is wanted (RFC 5961 3.2): an old one must not end a new connection. */
  #reset({ seq }: Segment): void {
    const ahead = distance(seq, this.#receiveNext);
    if (ahead === 0) this.destroy(new Error('the node reset the connection'));
    // Something before it was lost: a peer that has reset says so again, with the number that we tell it.
    else if (ahead > 0 && ahead < this.#room) this.#acknowledge();
  }

  #acknowledged(segment: Segment): void {
    if (!this.#sender.acknowledged(segment)) return;
    this.#takeMore();
    while ((this.#awaiting[0]?.bytes ?? Infinity) <= this.#sender.acknowledgedBytes)
      this.#awaiting.shift()?.callback();
    if (this.#sender.finAcknowledged) this.#finished?.();
  }

  /** There is room for more to be written. */
  #takeMore(): void {
    if (this.#drained === undefined || this.#sender.waiting >= SEND_BYTES) return;
    const drained = this.#drained;
    this.#drained = undefined;
    drained();
  }

  #take({ seq, payload, flags }: Segment): void {
    if (this.destroyed) return;
    const fin = (flags & FLAG.fin) !== 0;
    // What is here already comes again when an acknowledgement was lost.
    const known = distance(this.#receiveNext, seq);
    if (payload.length === 0 && !fin) {
      // By an old number: whether we are there, or have room again (RFC 9293 3.8.4, 3.8.6.1).
      if (known > 0) this.#acknowledge();
      return;
    }
    if (known < 0 || known > payload.length || this.#peerEnded) {
      this.#acknowledge();
      return;
    }
    const news = payload.subarray(known, known + this.#room);
    if (news.length > 0) {
      this.#receiveNext = plus(this.#receiveNext, news.length);
      this.push(news);
    }
    if (fin && known + news.length === payload.length) {
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
    this.#send(FLAG.ack, this.#sender.next);
  }

  #send(
    flags: number,
    seq: number,
    parts: readonly Buffer[] = [],
    options: Pick<Outgoing, 'mss' | 'windowScale'> = {},
  ): void {
    this.#ackDue = false;
    this.#advertised = this.#room;
    // That of a SYN is not scaled yet.
    const shift = this.#scaled && (flags & FLAG.syn) === 0 ? WINDOW_SCALE : 0;
    const window = Math.min(this.#advertised >> shift, 0xffff);
    this.wire.send({ seq, ack: this.#receiveNext, flags, window, ...options }, parts);
  }
}
