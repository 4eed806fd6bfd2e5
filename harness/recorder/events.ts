/** What the recorder delivers: history events that have no number yet, and markers. */
import type { ReplyEvent, RequestEvent, ReturnEvent, TransmissionEvent } from '../history/index.js';
import { readReply, readTransmission } from './messages.js';
import type { ProbeRecord } from './probes.js';

/** Someone in the guest wrote a line to the recorder's trace_marker. */
export interface MarkerEvent {
  readonly kind: 'marker';
  readonly t: bigint;
  readonly node: string;
  readonly tid: number;
  readonly text: string;
}

/** One thing that happened in the guest; all of one recording come in order of time. */
export type RecordedEvent =
  | Omit<RequestEvent, 'n'>
  | Omit<TransmissionEvent, 'n'>
  | Omit<ReplyEvent, 'n'>
  | Omit<ReturnEvent, 'n'>
  | MarkerEvent;

/**
 * Makes events of records, which must come in order of time, and numbers the calls of dm_consult_userspace.
 *
 * Probes cannot be set and taken away all at once, so events are made only between begin() and end(), both at
 * moments when all probes are set; outside, records only keep the account of open calls.
 */
export class EventAssembler {
  /** The call that each thread is inside of. */
  readonly #open = new Map<number, number>();
  /** Threads inside of a call that began before the recording did. */
  readonly #earlier = new Set<number>();
  #recording = false;
  #calls = 0;
  #returned = 0;
  #lostReturns = 0;
  #strayReturns = 0;

  constructor(private readonly node: string) {}

  /** Entries seen that have no return yet. */
  get openCalls(): number {
    return this.#calls - this.#returned;
  }

  /** Calls whose thread began another one without a return in between: a lost return. */
  get lostReturns(): number {
    return this.#lostReturns;
  }

  /** Returns of calls whose entry was not seen: a lost entry. */
  get strayReturns(): number {
    return this.#strayReturns;
  }

  /** The recording begins. Calls that are open now have no request in it, so their ends are not shown either. */
  begin(): void {
    this.#recording = true;
    for (const tid of this.#open.keys()) this.#earlier.add(tid);
    this.#open.clear();
  }

  /** The recording ends. */
  end(): void {
    this.#recording = false;
  }

  /** The event of a record; undefined outside of the recording and for the return of a call without a request. */
  accept(record: ProbeRecord): RecordedEvent | undefined {
    const event = this.#event(record);
    return this.#recording ? event : undefined;
  }

  #event(record: ProbeRecord): RecordedEvent | undefined {
    const { node } = this;
    const { t, tid } = record;
    switch (record.probe) {
      case 'consult': {
        const call = this.#enter(tid);
        const { uuid, luid, type, dataSize } = record;
        return { kind: 'request', t, node, tid, call, uuid, luid, type, dataSize };
      }
      case 'consulted': {
        const call = this.#leave(tid);
        return call === undefined ? undefined : { kind: 'return', t, node, tid, call, result: record.result };
      }
      case 'sent': {
        const call = this.#open.get(tid) ?? null;
        return { kind: 'transmission', t, node, tid, call, ...readTransmission(record.message) };
      }
      case 'answered':
        return { kind: 'reply', t, node, tid, ...readReply(record.message) };
      case 'marker':
        return { kind: 'marker', t, node, tid, text: record.text };
      default:
        return record satisfies never;
    }
  }

  #enter(tid: number): number {
    if (this.#recording && (this.#open.has(tid) || this.#earlier.has(tid))) this.#lostReturns += 1;
    this.#earlier.delete(tid);
    this.#calls += 1;
    this.#open.set(tid, this.#calls);
    return this.#calls;
  }

  #leave(tid: number): number | undefined {
    const call = this.#open.get(tid);
    if (call !== undefined || this.#earlier.has(tid)) this.#returned += 1;
    else if (this.#recording) this.#strayReturns += 1;
    this.#open.delete(tid);
    this.#earlier.delete(tid);
    return call;
  }
}
