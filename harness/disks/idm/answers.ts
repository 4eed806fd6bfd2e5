/** How a mutex command ends, and the exact status and sense bytes that say so (spec idm 5). */
import { fixedSense, SENSE_KEY } from '../scsi/sense.js';
import { STATUS } from '../scsi/status.js';
import type { Firmware } from './firmware.js';

/** How a mutex command ends. */
export type MutexOutcome =
  | 'good'
  /** RESERVATION CONFLICT. */
  | 'conflict'
  /** COMMAND TERMINATED. */
  | 'terminated'
  | 'busy'
  /** "LBA out of range": no such mutex, or no such group. */
  | 'not-found'
  | 'entries-full'
  | 'hosts-full'
  | 'hosts-of-mutex-full'
  | 'invalid-op'
  /** A class other than 0, 1 and 2: INVALID FIELD IN PARAMETER LIST (SPC-4; no source speaks of it). */
  | 'invalid-class'
  /** A length field, or an expected length, that fits no mutex command: INVALID FIELD IN CDB. */
  | 'invalid-length'
  /** No data, or data both ways, with the opcode: INVALID FIELD IN CDB (spec idm 2.3). */
  | 'no-direction';

/** Status and, with CHECK CONDITION, sense data. */
export interface StatusAndSense {
  readonly status: number;
  readonly sense?: Buffer;
}

interface Code {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly fru: number;
}

const OUT_OF_RANGE: Code = { key: SENSE_KEY.illegalRequest, asc: 0x21, ascq: 0, fru: 1 };
/** What a drive without mutexes answers, in its two forms: the key and code differ between them (spec idm 5). */
const INVALID_OPCODE_FIXED: Code = { key: SENSE_KEY.dataProtect, asc: 0x31, ascq: 0, fru: 1 };
const INVALID_OPCODE_DESCRIPTOR: Code = { key: SENSE_KEY.illegalRequest, asc: 0x20, ascq: 0, fru: 1 };
const INVALID_OP_OF_2020: Code = { key: SENSE_KEY.dataProtect, asc: 0x30, ascq: 0, fru: 2 };
const NEWER_INVALID_OP: Code = { key: SENSE_KEY.illegalRequest, asc: 0x20, ascq: 0, fru: 0x0a };
const INVALID_FIELD_IN_CDB: Code = { key: SENSE_KEY.illegalRequest, asc: 0x24, ascq: 0, fru: 0 };
const INVALID_FIELD_IN_LIST: Code = { key: SENSE_KEY.illegalRequest, asc: 0x26, ascq: 0, fru: 0 };

const full = (asc: number): Code => ({ key: SENSE_KEY.dataProtect, asc, ascq: 0, fru: 1 });
const newerFull = (fru: number): Code => ({ key: SENSE_KEY.abortedCommand, asc: 0x55, ascq: 3, fru });

/**
 * Descriptor form: 72h, key, ASC, ASCQ, additional length in byte 7; `first` descriptors, then a field replaceable unit
 * descriptor (03 02 00 FRU) and 14 vendor zero bytes (80 0E): 28 bytes without a first one.
 */
function descriptorSense({ key, asc, ascq, fru }: Code, first: readonly number[] = []): Buffer {
  const descriptors = [...first, 0x03, 0x02, 0x00, fru, 0x80, 0x0e, ...Array<number>(14).fill(0)];
  return Buffer.from([0x72, key, asc, ascq, 0, 0, 0, descriptors.length, ...descriptors]);
}

/** Sense-key specific descriptor of "invalid opcode": byte 0 of the CDB is in error. */
const OPCODE_IN_ERROR = [0x02, 0x06, 0x00, 0x00, 0xcf, 0x00, 0x00, 0x00];

function invalidOp(firmware: Firmware): Buffer {
  const layOut = (code: Code) => (firmware.descriptorSense ? descriptorSense(code) : fixedSense(code));
  if (firmware.newerSense) return layOut(NEWER_INVALID_OP);
  if (firmware.invalidOpOf2020) return layOut(INVALID_OP_OF_2020);
  return firmware.descriptorSense
    ? descriptorSense(INVALID_OPCODE_DESCRIPTOR, OPCODE_IN_ERROR)
    : fixedSense(INVALID_OPCODE_FIXED);
}

/** The bytes that hosts compare, 18 in fixed and 28 or 36 in descriptor form. */
export function statusAndSense(outcome: MutexOutcome, firmware: Firmware): StatusAndSense {
  const check = (code: Code): StatusAndSense => ({
    status: STATUS.checkCondition,
    sense: firmware.descriptorSense ? descriptorSense(code) : fixedSense(code),
  });
  const { newerSense } = firmware;
  switch (outcome) {
    case 'good':
      return { status: STATUS.good };
    case 'conflict':
      return { status: STATUS.reservationConflict };
    case 'terminated':
      return { status: STATUS.commandTerminated };
    case 'busy':
      return { status: STATUS.busy };
    case 'not-found':
      return check(OUT_OF_RANGE);
    case 'entries-full':
      return check(newerSense ? newerFull(0) : full(0x40));
    case 'hosts-full':
      return check(newerSense ? newerFull(1) : full(0x41));
    case 'hosts-of-mutex-full':
      return check(newerSense ? newerFull(2) : full(0x42));
    case 'invalid-op':
      return { status: STATUS.checkCondition, sense: invalidOp(firmware) };
    case 'invalid-class':
      return check(INVALID_FIELD_IN_LIST);
    case 'invalid-length':
    case 'no-direction':
      return check(INVALID_FIELD_IN_CDB);
  }
}
