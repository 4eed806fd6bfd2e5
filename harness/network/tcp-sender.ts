import { type Deadline, startDeadline } from '../deadline-clock.js';
import { FLAG, type Segment } from './frames.js';
import { SendQueue } from './send-queue.js';
import { distance, plus } from './sequence.js';

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

/** What the peer said about what it takes. */
export interface PeerLimits {
  /** Bytes of data of a segment. */
  readonly mss: number;
  /** By so many bits its window is shifted (RFC 7323 2.2); 0 to 14. */
  readonly windowScale: number;
}

/** The half of a TCP connection that sends: what waits, what is on the way, and when it is sent again. */
export class TcpSender {
  readonly #queue = new SendQueue();
  /** First byte of ours that the peer has not acknowledged, and the next to send. */
  #unacknowledged: number;
  #sendNext: number;
  /** Behind the last byte that was ever sent: after a retransmission began, the peer may acknowledge more. */
  #sentUntil: number;
  /** Bytes; 0 until the peer has said something. */
  #peerWindow = 0;
  readonly #mostOnTheWay: number;
  #finWanted = false;
  #finAcknowledged = false;
  #retransmit: Deadline | undefined;
  #retransmitMs = RETRANSMIT_MS;
  /** Acknowledgements in a row that say nothing new: the peer got something, and something before it is missing. */
  #repeats = 0;
  #stopped = false;
  #acknowledgedBytes = 0;

  /**
   * @param first number of the first byte
   * @param send sends a segment of these flags, number of the first byte, and data
   */
  constructor(
    first: number,
    private readonly peer: PeerLimits,
    private readonly send: (flags: number, seq: number, parts: readonly Buffer[]) => void,
  ) {
    this.#unacknowledged = first;
    this.#sendNext = first;
    this.#sentUntil = first;
    // Whole segments: of two the second one is acknowledged at once.
    this.#mostOnTheWay = Math.floor(MOST_ON_THE_WAY / peer.mss) * peer.mss;
  }

  /** Number that a segment without data has. */
  get next(): number {
    return this.#sendNext;
  }

  /** Bytes that the peer has not acknowledged, sent or not. */
  get waiting(): number {
    return this.#queue.bytes;
  }

  /** Bytes of data that the peer has acknowledged since the beginning. */
  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  /** The peer knows that nothing more will come. */
  get finAcknowledged(): boolean {
    return this.#finAcknowledged;
  }

  write(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  /** Nothing more will be written: the end follows the last byte. */
  end(): void {
    this.#finWanted = true;
    this.pump();
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#stopped = true;
    this.#retransmit?.clear();
  }

  /** What a segment says about what has arrived, and about the window. False: of what was never sent, or long ago. */
  acknowledged({ ack, window, payload }: Segment): boolean {
    const fresh = distance(ack, this.#unacknowledged);
    if (fresh < 0 || distance(ack, this.#sentUntil) > 0) return false;
    const room = window << this.peer.windowScale;
    const isRepeat =
      fresh === 0 && payload.length === 0 && room === this.#peerWindow && this.#outstanding > 0;
    this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    this.#peerWindow = room;
    if (this.#repeats === REPEATS) {
      this.#sendAgain();
      return true;
    }
    if (fresh > 0) {
      // Only the end can be acknowledged beyond what was written.
      this.#finAcknowledged = fresh > this.#queue.bytes;
      this.#acknowledgedBytes += Math.min(fresh, this.#queue.bytes);
      this.#queue.release(fresh);
      this.#unacknowledged = ack;
      if (distance(ack, this.#sendNext) > 0) this.#sendNext = ack;
      this.#retransmitMs = RETRANSMIT_MS;
      this.#retransmit?.clear();
      this.#retransmit = undefined;
    }
    this.pump();
    return true;
  }

  /** Sends what the peer's window has room for, then the end if it is due. */
  pump(): void {
    if (this.#stopped) return;
    for (;;) {
      const sent = this.#outstanding;
      const room = Math.min(this.#peerWindow, this.#mostOnTheWay);
      const bytes = Math.min(this.peer.mss, this.#queue.bytes - sent, room - sent);
      if (bytes <= 0) break;
      const last = bytes === this.#queue.bytes - sent;
      this.send(FLAG.ack | (last ? FLAG.psh : 0), this.#sendNext, this.#queue.peek(sent, bytes));
      this.#advance(bytes);
    }
    if (this.#finWanted && !this.#finAcknowledged && this.#outstanding === this.#queue.bytes) {
      this.send(FLAG.fin | FLAG.ack, this.#sendNext, []);
      this.#advance(1);
    }
    if (this.#outstanding > 0 || this.#queue.bytes > 0) this.#watch();
  }

  /** Sequence numbers that were sent and not acknowledged. */
  get #outstanding(): number {
    return distance(this.#sendNext, this.#unacknowledged);
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
    this.send(FLAG.ack, plus(this.#unacknowledged, -1), []);
    this.#watch();
  }

  /** All from the first byte that is missing. */
  #sendAgain(): void {
    this.#sendNext = this.#unacknowledged;
    this.#repeats = 0;
    // Its window may have become smaller than what is on the way.
    this.#peerWindow = Math.max(this.#peerWindow, this.peer.mss);
    this.pump();
  }
}
