/** What passes between the harness and sgio.pl, which says how the frames are laid out; pure. */

/** One SCSI command for a device of a node. */
export interface SgCommand {
  /** 6 to 16 bytes, and longer where the kernel takes it. */
  readonly cdb: Uint8Array;
  /** Which way data goes, as the host bus adapter is told it. */
  readonly direction: 'none' | 'read' | 'write';
  /** For `write`: all of it goes. */
  readonly dataOut?: Uint8Array;
  /** For `read`: bytes of room for data. Default 0. */
  readonly length?: number;
  /** When the kernel gives it up and aborts it, ms. Default 15 000 (spec idm 2.6). */
  readonly timeoutMs?: number;
}

/** How a command ended: the fields of sg_io_hdr (sg version 3) as the ioctl left them. */
export interface SgResult {
  /** SCSI status byte, such as 0x22. */
  readonly status: number;
  /** The same shifted right by one and cut to 5 bits, as old headers have it: 0x11 for 0x22. */
  readonly maskedStatus: number;
  readonly messageStatus: number;
  /** DID_*: 0 ok, 1 no connection, 3 time-out. */
  readonly hostStatus: number;
  /** 0x8: there is sense data. */
  readonly driverStatus: number;
  /** What was written of it, up to 252 bytes. */
  readonly sense: Buffer;
  /** Bytes that were asked for and not transferred. */
  readonly residual: number;
  /** Bit 0, SG_INFO_CHECK: something is not as it should be. */
  readonly info: number;
  /** As the kernel measured it, ms. */
  readonly durationMs: number;
  /** Data-in without the residual; empty otherwise. */
  readonly data: Buffer;
  /** CLOCK_MONOTONIC of the guest around the ioctl, ns. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** What came back for a command: its result, or the errno with which the kernel refused the ioctl. */
export type SgAnswer =
  | { readonly id: number; readonly errno: 0; readonly result: SgResult }
  | { readonly id: number; readonly errno: number; readonly result?: undefined };

/** SG_DXFER_* of scsi/sg.h. */
const SG_DIRECTION = { none: -1, write: -2, read: -3 } as const;
const DEFAULT_TIMEOUT_MS = 15_000;
const LENGTH_BYTES = 4;
const ANSWER_BYTES = 44;

/** A frame that asks for one command. */
export function encodeSgCommand(
  id: number,
  { cdb, direction, dataOut = new Uint8Array(), length = 0, timeoutMs = DEFAULT_TIMEOUT_MS }: SgCommand,
): Buffer {
  const data = direction === 'write' ? dataOut : new Uint8Array();
  const bytes = direction === 'read' ? length : data.length;
  const head = Buffer.alloc(18);
  head.writeUInt32LE(head.length - LENGTH_BYTES + cdb.length + data.length, 0);
  head.writeUInt32LE(id, 4);
  head.writeInt8(SG_DIRECTION[direction], 8);
  head.writeUInt8(cdb.length, 9);
  head.writeUInt32LE(timeoutMs, 10);
  head.writeUInt32LE(bytes, 14);
  return Buffer.concat([head, cdb, data]);
}

/** The answer in a frame, without its length field. Throws RangeError for one that is too short. */
export function decodeSgAnswer(frame: Buffer): SgAnswer {
  const id = frame.readUInt32LE(0);
  const errno = frame.readInt32LE(4);
  if (errno !== 0) return { id, errno };
  const senseLength = frame.readUInt8(11);
  const sense = frame.subarray(ANSWER_BYTES, ANSWER_BYTES + senseLength);
  const result = {
    status: frame.readUInt8(8),
    maskedStatus: frame.readUInt8(9),
    messageStatus: frame.readUInt8(10),
    hostStatus: frame.readUInt16LE(12),
    driverStatus: frame.readUInt16LE(14),
    residual: frame.readInt32LE(16),
    durationMs: frame.readUInt32LE(20),
    info: frame.readUInt32LE(24),
    begin: frame.readBigUInt64LE(28),
    end: frame.readBigUInt64LE(36),
    sense: Buffer.from(sense),
    data: Buffer.from(frame.subarray(ANSWER_BYTES + senseLength)),
  };
  return { id, errno: 0, result };
}

/** Cuts what a program prints into frames. */
export class SgFrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now, each without its length field. */
  push(chunk: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt32LE(0);
      if (rest.length < end) break;
      frames.push(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}
