/** Mutex commands, answers and entries read from their bytes: a reading of its own of spec idm 2, 3 and 5. */
import type { DiskCommandEvent } from '../../history/index.js';
import type { Answer, Call, Op, RuleId } from './vocabulary.js';

/** What a command asks for. */
export type Command =
  | { readonly kind: 'op'; readonly group: number; readonly resource: string; readonly call: Call }
  | { readonly kind: 'wipe' }
  | { readonly kind: 'list'; readonly group: number; readonly blocks: number }
  | { readonly kind: 'counts' }
  /** VPD page C3h, with room for so many bytes. */
  | { readonly kind: 'version'; readonly room: number }
  /** An operation that there is none of (IDM-15). */
  | { readonly kind: 'bad-op' }
  /** A length that fits no mutex write, a group that there is none of, or data both ways. */
  | { readonly kind: 'malformed' }
  /** Opcode F0h without data, which is neither a read nor a write (spec idm 2.3). */
  | { readonly kind: 'no-direction' };

const OPS: readonly (Op | undefined)[] = [
  undefined,
  'init',
  'trylock',
  'lock',
  'unlock',
  'refresh',
  'break',
  'destroy',
];

const hex = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.slice(from, to)).toString('hex');
const u64 = (bytes: Uint8Array, at: number) => BigInt(`0x${hex(bytes, at, at + 8)}`);
const u32 = (bytes: Uint8Array, at: number) => Number(`0x${hex(bytes, at, at + 4)}`);

/** Undefined: not about mutexes. The direction tells a read from a write, never byte 1 (IDM-04). */
export function commandOf(
  cdb: Uint8Array,
  direction: DiskCommandEvent['direction'],
  dataOut: Uint8Array,
  legacy: boolean,
): Command | undefined {
  const opcode = cdb[0];
  if (opcode === 0x12 && cdb[1] === 1 && cdb[2] === 0xc3)
    return { kind: 'version', room: 256 * (cdb[3] ?? 0) + (cdb[4] ?? 0) };
  const old = legacy && cdb.length >= 16 && [0x88, 0x89, 0x8e].includes(opcode ?? 0) && cdb[2] !== 0;
  if (cdb.length < 16 || (opcode !== 0xf0 && !old)) return undefined;
  const group = (old ? cdb[2] : cdb[14]) ?? 0;
  const blocks = u32(cdb, 10);
  const reads = direction === 'read';
  if (old && direction !== (opcode === 0x88 ? 'read' : 'write')) return undefined;
  if (direction === 'none') return { kind: 'no-direction' };
  if (direction === 'both') return { kind: 'malformed' };
  if (reads) return group === 0xff ? { kind: 'counts' } : { kind: 'list', group, blocks };
  if (dataOut.length !== 512 || (blocks !== 1 && blocks !== 512)) return { kind: 'malformed' };
  const code = (old ? cdb[14] : (cdb[1] ?? 0) >> 4) ?? 0;
  if (code === 0 && group === 0xff) return { kind: 'wipe' };
  const op = OPS[code];
  if (op === undefined) return { kind: 'bad-op' };
  if (group === 0 || group === 0xff) return { kind: 'malformed' };
  return { kind: 'op', group, resource: hex(dataOut, 0x40, 0x80), call: callOf(op, dataOut) };
}

/** The call in a data block. */
export function callOf(op: Op, block: Uint8Array): Call {
  return {
    op,
    host: hex(block, 0xc0, 0xe0),
    lockClass: u64(block, 0x18),
    countdown: u64(block, 0x10),
    timeNow: u64(block, 0x08),
    metadata: hex(block, 0x80, 0xc0),
    control: block[0x20] ?? 0,
    lvb: hex(block, 0x21, 0x28),
  };
}

/** What was answered, and the rule that its bytes break although their meaning is clear. */
export interface Heard {
  readonly answer: Answer;
  readonly flaw?: RuleId;
}

/** Sense key and code of either form; undefined without them. */
function codeOf(sense: Uint8Array): { readonly key: number; readonly asc: number } | undefined {
  const form = (sense[0] ?? 0) & 0x7f;
  if (form === 0x72 || form === 0x73) return { key: (sense[1] ?? 0) & 0xf, asc: sense[2] ?? 0 };
  if (form === 0x70 || form === 0x71) return { key: (sense[2] ?? 0) & 0xf, asc: sense[12] ?? 0 };
  return undefined;
}

/** Fixed and descriptor form of sense with a field replaceable unit: 18 and 28 bytes, as hosts compare (spec idm 5). */
const exact = (key: string, asc: string, ascq = '00', fru = '01'): readonly string[] => [
  `7000${key}000000000a00000000${asc}${ascq}${fru}000000`,
  `72${key}${asc}${ascq}00000014` + `030200${fru}` + '800e' + '00'.repeat(14),
];

/** Full tables as newer firmware tells of them: 0B/55/03, told apart by the field replaceable unit (spec idm 5). */
const NEWER_FULL = ['40', '41', '42'] as const;

/**
 * Reads status and sense. Undefined: a unit attention, which is about other things.
 * @param newer full tables are told by the newer codes
 */
export function answerOf(status: number | null, sense: Uint8Array, newer = false): Heard | undefined {
  switch (status) {
    case 0x00:
      return { answer: 'GOOD' };
    case 0x08:
      return { answer: 'BUSY' };
    case 0x18:
      return { answer: 'RC' };
    case 0x22:
      return { answer: 'CT' };
    case 0x02:
      return checkOf(sense, newer);
    default:
      return { answer: 'other' };
  }
}

function checkOf(sense: Uint8Array, newer: boolean): Heard | undefined {
  const code = codeOf(sense);
  if (code?.key === 6) return undefined;
  const bytes = hex(sense, 0, sense.length);
  const meant = (answer: Answer, key: string, asc: string, flaw: RuleId): Heard =>
    exact(key, asc).includes(bytes) ? { answer } : { answer, flaw };
  const isNewer = (fru: number): boolean => exact('0b', '55', '03', `0${String(fru)}`).includes(bytes);
  const full = newer ? NEWER_FULL.find((_asc, fru) => isNewer(fru)) : undefined;
  if (full !== undefined) return { answer: full };
  switch (code?.asc) {
    case 0x21:
      return meant('OOR', '05', '21', 'IDM-16');
    case 0x40:
      return meant('40', '07', '40', 'IDM-17');
    case 0x41:
      return meant('41', '07', '41', 'IDM-17');
    case 0x42:
      return meant('42', '07', '42', 'IDM-17');
    default:
      return { answer: 'check' };
  }
}

/** One block of a list. */
export interface Block {
  readonly state: bigint;
  readonly timeNow: bigint;
  readonly countdown: bigint;
  readonly lockClass: bigint;
  /** Wire byte 20h. */
  readonly lvbTop: number;
  readonly lvb: string;
  readonly resource: string;
  readonly metadata: string;
  readonly host: string;
  /** Nothing but zeros behind the state. */
  readonly blank: boolean;
}

/** State of a block behind the last entry. */
export const END = 0xdeadn;

/** The whole blocks of a list. */
export function blocksOf(dataIn: Uint8Array): Block[] {
  return Array.from({ length: Math.floor(dataIn.length / 512) }, (_, n) => {
    const block = dataIn.subarray(512 * n, 512 * (n + 1));
    const { host, lockClass, countdown, timeNow, metadata, lvb, control } = callOf('init', block);
    const echoed = { host, lockClass, countdown, timeNow, metadata, lvb };
    const blank = block.subarray(8).every((byte) => byte === 0);
    return { state: u64(block, 0), ...echoed, lvbTop: control, resource: hex(block, 0x40, 0x80), blank };
  });
}
