/**
 * The file that keeps the memory of one instance while no daemon runs. It is mapped, not written: a bit that is
 * changed in memory is in the file at once, without a call, and outlives the daemon however that ends. It does not
 * outlive the host, and need not: nothing of it is true after a reboot.
 *
 *     0  8 bytes   magic 'ULOGST01'
 *     8  u32 LE    CRC-32 of bytes 16..2047
 *    16  36 bytes  boot id of the kernel that has the log
 *    56  u64 LE    luid
 *    64  u32 LE    number of regions
 *    68  u16 LE    bytes of uuid
 *    70  u16 LE    bytes of constructor text
 *    72            uuid, then constructor text, as bytes
 *  2048  u32 host  state; searchFrom; region under recovery + 1, or 0
 *  4096            clean bits, then sync bits, each in units of 64
 *
 * Everything up to 2048 is written before the file has its name, and never again. What changes later is a whole
 * word each time, which no death of the daemon can tear.
 */
import { crc32 } from 'node:zlib';
import type { InstanceState } from './instance-memory.js';
import { bitmapWords } from './region-bitmap.js';

const MAGIC = 'ULOGST01';
/** Size of what is written once. */
const STATIC_SIZE = 2048;
const STATIC_START = 16;
const BOOT_ID_SIZE = 36;
const NAMES_OFFSET = 72;
const BITS_OFFSET = 4096;

/** Byte offsets of what changes. */
const STATE_OFFSET = STATIC_SIZE;
/** The words at that offset. */
const STATE = 0;
const SEARCH_FROM = 1;
const RECOVERING = 2;

const STATES: readonly InstanceState[] = ['pending', 'active', 'quiescing', 'suspended'];

/** Which log a state file is about. */
export interface StateIdentity {
  /** `/proc/sys/kernel/random/boot_id`: kernel addresses mean nothing to another kernel. */
  readonly bootId: string;
  readonly uuid: string;
  readonly luid: bigint;
  readonly text: string;
  readonly regionCount: number;
}

/** Bytes of the file of a log with this many regions. */
export function stateFileSize(regionCount: number): number {
  return BITS_OFFSET + 2 * bitmapWords(regionCount) * 4;
}

/** What `identity` looks like at the start of the file. @throws RangeError when it does not fit there. */
export function encodeIdentity({ bootId, uuid, luid, text, regionCount }: StateIdentity): Buffer {
  const bytes = Buffer.alloc(STATIC_SIZE);
  if (NAMES_OFFSET + uuid.length + text.length > STATIC_SIZE) {
    throw new RangeError('uuid and constructor text are too long for a state file');
  }
  bytes.write(MAGIC, 0, 'latin1');
  bytes.write(bootId, STATIC_START, BOOT_ID_SIZE, 'latin1');
  bytes.writeBigUInt64LE(luid, 56);
  bytes.writeUInt32LE(regionCount, 64);
  bytes.writeUInt16LE(uuid.length, 68);
  bytes.writeUInt16LE(text.length, 70);
  bytes.write(uuid + text, NAMES_OFFSET, 'latin1');
  bytes.writeUInt32LE(crc32(bytes.subarray(STATIC_START)), 8);
  return bytes;
}

/** Reads the start of a file; a text says why it is no state file. */
export function decodeIdentity(bytes: Buffer): StateIdentity | string {
  if (bytes.length < STATIC_SIZE) return `only ${bytes.length} bytes`;
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'no state file of this version';
  const identity = bytes.subarray(STATIC_START, STATIC_SIZE);
  if (crc32(identity) !== bytes.readUInt32LE(8)) return 'damaged: its checksum is wrong';
  const textStart = NAMES_OFFSET + bytes.readUInt16LE(68);
  return {
    bootId: bytes.toString('latin1', STATIC_START, STATIC_START + BOOT_ID_SIZE),
    luid: bytes.readBigUInt64LE(56),
    regionCount: bytes.readUInt32LE(64),
    uuid: bytes.toString('latin1', NAMES_OFFSET, textStart),
    text: bytes.toString('latin1', textStart, textStart + bytes.readUInt16LE(70)),
  };
}

/** The changing part of a mapped state file. */
export class MappedState {
  readonly cleanWords: Uint32Array<ArrayBuffer>;
  readonly syncWords: Uint32Array<ArrayBuffer>;
  readonly #numbers: Uint32Array;

  /** `memory` is the whole file. */
  constructor(memory: ArrayBuffer, regionCount: number) {
    const words = bitmapWords(regionCount);
    this.#numbers = new Uint32Array(memory, STATE_OFFSET, 3);
    this.cleanWords = new Uint32Array(memory, BITS_OFFSET, words);
    this.syncWords = new Uint32Array(memory, BITS_OFFSET + words * 4, words);
  }

  /** Why it cannot be true, or undefined. */
  problem(regionCount: number): string | undefined {
    if (this.#number(STATE) >= STATES.length) return `damaged: state ${this.#number(STATE)}`;
    if (this.#number(SEARCH_FROM) > regionCount || this.#number(RECOVERING) > regionCount) {
      return 'damaged: a region beyond the log';
    }
    return undefined;
  }

  get state(): InstanceState {
    return STATES[this.#number(STATE)] ?? 'pending';
  }

  set state(state: InstanceState) {
    this.#numbers[STATE] = STATES.indexOf(state);
  }

  get searchFrom(): number {
    return this.#number(SEARCH_FROM);
  }

  set searchFrom(region: number) {
    this.#numbers[SEARCH_FROM] = region;
  }

  get recovering(): number | undefined {
    const value = this.#number(RECOVERING);
    return value === 0 ? undefined : value - 1;
  }

  set recovering(region: number | undefined) {
    this.#numbers[RECOVERING] = region === undefined ? 0 : region + 1;
  }

  #number(index: number): number {
    return this.#numbers[index] ?? 0;
  }
}
