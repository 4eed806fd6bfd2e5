/** Data-out of one SCSI command: immediate data, unsolicited data, and what is asked for with R2Ts. */
import type { Sense } from '../scsi/sense.js';
import { NO_TAG } from './codes.js';
import type { DataOut } from './initiator-pdus.js';

const NOTHING = Buffer.alloc(0);

/** How an iSCSI fault ends a command: ABORTED COMMAND, with these codes (RFC 7143 11.4.7.2). */
export const TRANSFER_FAULT = {
  unexpectedUnsolicitedData: { key: 0xb, asc: 0x0c, ascq: 0x0c },
  incorrectAmountOfData: { key: 0xb, asc: 0x0c, ascq: 0x0d },
  protocolServiceCrcError: { key: 0xb, asc: 0x47, ascq: 0x05 },
} as const satisfies Record<string, Sense>;

/** What was agreed on about data-out. */
export interface TransferRules {
  readonly initialR2T: boolean;
  readonly immediateData: boolean;
  readonly firstBurstLength: number;
  readonly maxBurstLength: number;
  readonly maxOutstandingR2T: number;
}

/** One R2T to be sent. */
export interface ReadyToTransfer {
  readonly ttt: number;
  readonly r2tSn: number;
  readonly bufferOffset: number;
  readonly desiredLength: number;
}

/** Data PDUs that belong together: one R2T's, or the unsolicited ones. */
interface Sequence {
  /** Offset that the next PDU must have. */
  next: number;
  readonly end: number;
  dataSn: number;
}

/**
 * Receives the data-out of one command. A fault does not end it at once: the PDUs of the sequences that are open still
 * come, and are counted and thrown away (RFC 7143 7.8, 7.9); `settled` says when the command may be answered.
 */
export class DataOutReceiver {
  /** The first thing that went wrong. */
  fault: Sense | undefined;
  readonly #open = new Map<number, Sequence>();
  /** Data that came before there was memory for all. */
  #early: Buffer | undefined;
  #buffer: Buffer | undefined;
  /** Bytes that came unsolicited; they have no gaps. */
  #unsolicited = 0;
  /** Where the next R2T starts. */
  #asked = 0;
  #received = 0;
  #r2tSn = 0;

  constructor(
    readonly expected: number,
    private readonly rules: TransferRules,
    /** Memory for data that comes in parts, with anything in it. */
    private readonly allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes),
  ) {}

  /** R2Ts sent so far. */
  get r2tCount(): number {
    return this.#r2tSn;
  }

  /** Nothing that was announced or asked for is missing any more. */
  get settled(): boolean {
    return this.#open.size === 0 && (this.fault !== undefined || this.#received === this.expected);
  }

  /** Unsolicited data is still on its way. */
  get awaitsUnsolicited(): boolean {
    return this.#open.has(NO_TAG);
  }

  fail(fault: Sense): void {
    this.fault ??= fault;
    this.drop();
  }

  /** Lets go of what was received. */
  drop(): void {
    this.#early = undefined;
    this.#buffer = undefined;
  }

  /** The command's own data segment. `final`: no unsolicited data PDUs follow (the F bit). */
  immediate(data: readonly Buffer[], length: number, final: boolean): void {
    const { initialR2T, immediateData, firstBurstLength } = this.rules;
    const most = Math.min(firstBurstLength, this.expected);
    if (!final) this.#open.set(NO_TAG, { next: length, end: most, dataSn: 0 });
    if ((length > 0 && !immediateData) || (!final && initialR2T)) {
      this.fail(TRANSFER_FAULT.unexpectedUnsolicitedData);
    } else if (length > most) {
      this.fail(TRANSFER_FAULT.incorrectAmountOfData);
    } else {
      this.#keep(data, 0, length);
      this.#unsolicited = length;
    }
  }

  /**
   * A data PDU. False: there is no such sequence, which breaks the protocol.
   * @param intact its data digest fits
   */
  receive(pdu: DataOut, data: readonly Buffer[], length: number, intact: boolean): boolean {
    const sequence = this.#open.get(pdu.ttt);
    if (sequence === undefined) return false;
    const inPlace =
      pdu.dataSn === sequence.dataSn &&
      pdu.bufferOffset === sequence.next &&
      pdu.bufferOffset + length <= sequence.end;
    sequence.dataSn++;
    if (!intact || pdu.dataSn !== sequence.dataSn - 1) {
      this.fail(TRANSFER_FAULT.protocolServiceCrcError);
    } else if (!inPlace) {
      this.fail(TRANSFER_FAULT.incorrectAmountOfData);
    } else {
      sequence.next += length;
      if (this.fault === undefined) this.#keep(data, pdu.bufferOffset, length);
      if (pdu.ttt === NO_TAG) this.#unsolicited = sequence.next;
    }
    // A full solicited sequence ends with F; without it, the initiator would go on beyond what was asked for.
    const short = pdu.ttt === NO_TAG ? false : sequence.next !== sequence.end;
    if (pdu.final && short) this.fail(TRANSFER_FAULT.incorrectAmountOfData);
    if (pdu.final) this.#open.delete(pdu.ttt);
    return true;
  }

  /** What is to be asked for now. Memory for all data is taken with the first R2T. */
  request(nextTag: () => number): ReadyToTransfer[] {
    const requests: ReadyToTransfer[] = [];
    if (this.fault !== undefined || this.awaitsUnsolicited) return requests;
    const { maxOutstandingR2T, maxBurstLength } = this.rules;
    this.#asked = Math.max(this.#asked, this.#unsolicited);
    while (this.#open.size < maxOutstandingR2T && this.#asked < this.expected) {
      this.#allocate();
      const desiredLength = Math.min(maxBurstLength, this.expected - this.#asked);
      const bufferOffset = this.#asked;
      const ttt = nextTag();
      this.#open.set(ttt, { next: bufferOffset, end: bufferOffset + desiredLength, dataSn: 0 });
      this.#asked += desiredLength;
      requests.push({ ttt, r2tSn: this.#r2tSn++, bufferOffset, desiredLength });
    }
    return requests;
  }

  /** All data, `expected` bytes; only when it is settled without a fault. */
  take(): Buffer {
    const all = this.#buffer ?? this.#early?.subarray(0, this.expected) ?? NOTHING;
    this.drop();
    return all;
  }

  #keep(data: readonly Buffer[], offset: number, length: number): void {
    this.#received += length;
    if (length === 0) return;
    // The memory of PDUs is not ours. There is no more unsolicited data than this.
    const most = Math.min(Math.max(this.rules.firstBurstLength, length), this.expected);
    const into = this.#buffer ?? (this.#early ??= this.allocate(this.awaitsUnsolicited ? most : length));
    let at = offset;
    for (const piece of data) at += piece.copy(into, at);
  }

  #allocate(): void {
    if (this.#buffer !== undefined) return;
    // All of it is written before anybody reads it: a command with a gap is never carried out.
    this.#buffer = this.allocate(this.expected);
    this.#early?.copy(this.#buffer, 0, 0, this.#unsolicited);
    this.#early = undefined;
  }
}
