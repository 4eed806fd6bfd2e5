/** One request of a hand-written history, from its sending to its return. */
import { ULOG_HEADER_SIZE } from '../../ulog/index.js';
import type { Scenario } from './scenario.js';

/** Thread of the daemon. */
const DAEMON = 50;
const NO_BYTES = new Uint8Array(0);

/** Which log a request is about. */
export interface LogName {
  readonly uuid: string;
  readonly luid: bigint;
}

/** How the daemon answers, and how the request was sent; the default is a full reply without error. */
export interface Manner {
  /** Negative errno. */
  readonly error?: number;
  readonly form?: 'full' | 'ack' | 'malformed';
  /** data_size of the reply where it is to differ from its payload's length. */
  readonly dataSize?: number;
  /** Reply payload, instead of the usual one. */
  readonly reply?: Uint8Array;
  /** cn.len of the reply. */
  readonly length?: number;
  readonly tid?: number;
  readonly version?: number;
  /** Milliseconds until the answer. */
  readonly after?: number;
  /** What dm_consult_userspace returns; default: the error of the answer. */
  readonly result?: number;
  /** request_type, raw. */
  readonly type?: number;
}

/** One request that is not answered yet. */
export class OpenRequest {
  #seq = 0;

  constructor(
    private readonly scenario: Scenario,
    readonly log: LogName,
    readonly type: number,
    readonly payload: Uint8Array,
    private readonly tid: number,
    readonly call: number,
    private readonly version: number,
  ) {
    const { uuid, luid } = log;
    scenario.add({
      kind: 'request',
      ...scenario.base(),
      tid,
      call,
      uuid,
      luid,
      type,
      dataSize: payload.length,
    });
    this.transmit();
  }

  get seq(): number {
    return this.#seq;
  }

  /** Sends it, or sends it again, with the next seq. */
  transmit(afterMs = 0, payload = this.payload): this {
    this.scenario.wait(afterMs);
    const seq = this.scenario.nextSeq();
    this.#seq = seq;
    const { uuid, luid } = this.log;
    this.scenario.add({
      kind: 'transmission',
      ...this.scenario.base(),
      tid: this.tid,
      call: this.call,
      seq,
      uuid,
      luid,
      version: this.version,
      type: this.type,
      error: 0,
      dataSize: payload.length,
      payload,
      connector: { seq, ack: 0, len: ULOG_HEADER_SIZE + payload.length, flags: 0 },
    });
    return this;
  }

  /** The daemon replies; `seq` is that of the latest transmission unless told. */
  reply(payload: Uint8Array = NO_BYTES, manner: Manner & { readonly seq?: number } = {}): this {
    const seq = manner.seq ?? this.#seq;
    const error = manner.error ?? 0;
    const bytes = manner.reply ?? payload;
    this.scenario.wait(manner.after ?? 0);
    const ack = manner.form === 'ack';
    const data = ack ? NO_BYTES : bytes;
    this.scenario.add({
      kind: 'reply',
      ...this.scenario.base(),
      tid: DAEMON,
      form: manner.form ?? 'full',
      seq,
      ack: ack ? -error : 0,
      error,
      dataSize: ack ? 0 : (manner.dataSize ?? data.length),
      payload: data,
      connector: {
        seq,
        ack: ack ? -error >>> 0 : 0,
        len: manner.length ?? (ack ? 0 : ULOG_HEADER_SIZE + data.length),
        flags: 0,
      },
      ...(ack ? {} : { uuid: this.log.uuid, luid: this.log.luid, type: this.type }),
    });
    return this;
  }

  /** dm_consult_userspace returns. */
  return(result: number): void {
    this.scenario.add({ kind: 'return', ...this.scenario.base(), tid: this.tid, call: this.call, result });
  }

  /** Reply and return. */
  answer(payload: Uint8Array = NO_BYTES, manner: Manner = {}): void {
    this.reply(payload, manner);
    this.return(manner.result ?? manner.error ?? 0);
  }

  /** Nobody listens: the send fails and the call returns -ESRCH (spec 2.6). */
  unheard(): void {
    this.return(-3);
  }
}
