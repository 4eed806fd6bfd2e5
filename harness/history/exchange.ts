/** One call of the kernel to its log daemon, joined from the events of the three probes. */
import { requestName, type RequestName } from '../ulog/index.js';
import type { HistoryEvent, ReplyEvent, RequestEvent, ReturnEvent, TransmissionEvent } from './events.js';

/** -EAGAIN asks the kernel to send the same request again at once: accepted, but no answer (spec 2.5). */
const EAGAIN = -11;

/**
 * One run of dm_consult_userspace. A recording may begin or end within it, so that every part may be missing;
 * at least one of request, transmissions and return is there.
 */
export interface Exchange {
  readonly node: string;
  /** Thread that waits for the answer. */
  readonly tid: number;
  /** Name of the type, undefined for 0 and 18..255. */
  readonly name: RequestName | undefined;
  /** request_type as it was sent, upper 24 bits included. */
  readonly type: number;
  readonly uuid: string;
  readonly luid: bigint;
  readonly request?: RequestEvent;
  /** Every attempt to send it; more than one after a timeout of 15 s or an -EAGAIN. */
  readonly transmissions: readonly TransmissionEvent[];
  /** Every reply with one of its seqs, late, duplicate and malformed ones included. */
  readonly replies: readonly ReplyEvent[];
  /** Those of `replies` that the kernel was waiting for, -EAGAIN included (spec 2.4). */
  readonly accepted: readonly ReplyEvent[];
  /** The accepted reply that completed the request. */
  readonly answer?: ReplyEvent;
  readonly return?: ReturnEvent;
  /** What the kernel's caller got: 0, or a negative errno. Undefined while the call is open. */
  readonly result: number | undefined;
  /** Payload of the last transmission, empty when nothing was sent. */
  readonly payload: Uint8Array;
  /** All its events in order. */
  events(): readonly HistoryEvent[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class JoinedExchange implements Exchange {
  readonly node: string;
  readonly tid: number;
  readonly name: RequestName | undefined;
  readonly type: number;
  readonly uuid: string;
  readonly luid: bigint;
  declare readonly request?: RequestEvent;
  declare readonly answer?: ReplyEvent;
  declare readonly return?: ReturnEvent;
  readonly transmissions: TransmissionEvent[] = [];
  readonly replies: ReplyEvent[] = [];
  readonly accepted: ReplyEvent[] = [];
  readonly #events: HistoryEvent[] = [];

  constructor(first: RequestEvent | TransmissionEvent) {
    ({ node: this.node, tid: this.tid, type: this.type, uuid: this.uuid, luid: this.luid } = first);
    this.name = requestName(first.type);
    if (first.kind === 'request') {
      (this as Mutable<JoinedExchange>).request = first;
      this.#events.push(first);
    }
  }

  get payload(): Uint8Array {
    return this.transmissions.at(-1)?.payload ?? new Uint8Array(0);
  }

  get result(): number | undefined {
    return this.return?.result;
  }

  events(): readonly HistoryEvent[] {
    return this.#events;
  }

  addTransmission(event: TransmissionEvent): void {
    this.transmissions.push(event);
    this.#events.push(event);
  }

  addReply(event: ReplyEvent): void {
    const waiting = this.transmissions.at(-1);
    const taken = this.accepted.some((reply) => reply.seq === event.seq);
    this.replies.push(event);
    this.#events.push(event);
    if (event.form === 'malformed' || event.seq !== waiting?.seq || taken || this.return !== undefined)
      return;
    this.accepted.push(event);
    if (event.error !== EAGAIN) (this as Mutable<JoinedExchange>).answer = event;
  }

  close(event: ReturnEvent): void {
    (this as Mutable<JoinedExchange>).return = event;
    this.#events.push(event);
  }
}

/** What `joinExchanges` finds in a list of events. */
export interface Joined {
  /** In the order in which they began. */
  readonly exchanges: readonly Exchange[];
  /** Replies whose seq no recorded transmission carries. */
  readonly strayReplies: readonly ReplyEvent[];
}

/**
 * Joins events into exchanges: a return and a transmission belong to the open call of their thread, a reply to
 * the latest transmission with its seq (u32, wraps, spec 2.5) on its node. The first full or ack reply to the
 * transmission that the kernel is waiting on is the accepted one; after a resend only the new seq counts.
 */
export function joinExchanges(events: readonly HistoryEvent[]): Joined {
  const exchanges: JoinedExchange[] = [];
  const strayReplies: ReplyEvent[] = [];
  const openByThread = new Map<string, JoinedExchange>();
  const bySeq = new Map<string, JoinedExchange>();

  const begin = (first: RequestEvent | TransmissionEvent): JoinedExchange => {
    const exchange = new JoinedExchange(first);
    exchanges.push(exchange);
    openByThread.set(`${first.node}/${first.tid}`, exchange);
    return exchange;
  };

  for (const event of events) {
    switch (event.kind) {
      case 'request':
        begin(event);
        break;
      case 'transmission': {
        const open = openByThread.get(`${event.node}/${event.tid}`);
        const exchange = open !== undefined && sameCall(open, event) ? open : begin(event);
        exchange.addTransmission(event);
        bySeq.set(`${event.node}/${event.seq}`, exchange);
        break;
      }
      case 'reply': {
        const exchange = bySeq.get(`${event.node}/${event.seq}`);
        if (exchange === undefined) strayReplies.push(event);
        else exchange.addReply(event);
        break;
      }
      case 'return': {
        // A return whose call began before the recording, without a resend in it, says nothing usable.
        const key = `${event.node}/${event.tid}`;
        openByThread.get(key)?.close(event);
        openByThread.delete(key);
        break;
      }
      case 'command':
      case 'subject':
      case 'observation':
      case 'finding':
      case 'disk-command':
      case 'disk-nexus':
      case 'disk-reset':
      case 'disk-power-cut':
      case 'disk-clock':
      case 'disk-profile':
      case 'lock-call':
      case 'lock-answer':
        break;
    }
  }
  return { exchanges, strayReplies };
}

/** A transmission of another call, type or instance on the same thread means that a return was lost. */
function sameCall(open: JoinedExchange, event: TransmissionEvent): boolean {
  const call = open.request?.call ?? null;
  if (call !== null && event.call !== null) return call === event.call;
  return open.type === event.type && open.luid === event.luid && open.uuid === event.uuid;
}
