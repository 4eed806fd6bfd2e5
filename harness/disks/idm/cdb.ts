/** Command descriptor blocks of mutex commands: the current generation and the aliases of 2020 (spec idm 2). */
import type { Direction } from '../scsi/task.js';
import { BLOCK_BYTES } from './data-block.js';

/** Opcode of both directions. */
export const MUTEX_OPCODE = 0xf0;
/** Opcodes that carried mutex commands before February 2022, with an LBA beyond every disk (spec idm 2.5). */
export const LEGACY_OPCODE = { read: 0x88, write: 0x89, writeToo: 0x8e } as const;

/** Mutex operations, the high nibble of byte 1 (spec idm 2.1). */
export const MUTEX_OP = {
  normal: 0,
  init: 1,
  trylock: 2,
  lock: 3,
  unlock: 4,
  refresh: 5,
  break: 6,
  destroy: 7,
} as const;

/** The group that hosts use. */
export const DEFAULT_GROUP = 1;
/** Read: entry counts. Write with operation 0: wipe. */
export const ALL_GROUPS = 0xff;

/** What a CDB asks for; lengths are not judged yet. */
export type MutexCdb =
  | { readonly kind: 'write'; readonly op: number; readonly group: number; readonly length: number }
  | { readonly kind: 'read'; readonly group: number; readonly blocks: number }
  /** The opcode is ours, and no data, or data both ways, go with it (spec idm 2.3). */
  | { readonly kind: 'no-direction' };

/**
 * Reads a CDB of 16 bytes or more. The direction of the task tells a read from a write, never byte 1 (IDM-04).
 * @param legacyAliases take READ(16), COMPARE AND WRITE and WRITE AND VERIFY(16) with a non-zero byte 2, which is an
 *   LBA of at least 2^56, for the mutex commands of 2020
 * @returns undefined for a command that is not about mutexes
 */
export function parseMutexCdb(
  cdb: Buffer,
  direction: Direction,
  legacyAliases: boolean,
): MutexCdb | undefined {
  if (cdb.length < 16) return undefined;
  const opcode = cdb.readUInt8(0);
  const length = cdb.readUInt32BE(10);
  if (opcode === MUTEX_OPCODE) {
    const group = cdb.readUInt8(14);
    if (direction === 'read') return { kind: 'read', group, blocks: length };
    if (direction === 'write') return { kind: 'write', op: cdb.readUInt8(1) >> 4, group, length };
    return { kind: 'no-direction' };
  }
  const group = cdb.readUInt8(2);
  if (!legacyAliases || group === 0) return undefined;
  if (opcode === LEGACY_OPCODE.read && direction === 'read') return { kind: 'read', group, blocks: length };
  if ((opcode === LEGACY_OPCODE.write || opcode === LEGACY_OPCODE.writeToo) && direction === 'write')
    return { kind: 'write', op: cdb.readUInt8(14), group, length };
  return undefined;
}

/** CDB of a mutex write: its length field counts bytes (spec idm 2.1). */
export function mutexWriteCdb(op: number, group: number = DEFAULT_GROUP): Buffer {
  const cdb = Buffer.alloc(16);
  cdb[0] = MUTEX_OPCODE;
  cdb[1] = op << 4;
  cdb.writeUInt32BE(BLOCK_BYTES, 10);
  cdb[14] = group;
  return cdb;
}

/** CDB of a mutex read: its length field counts blocks of 512 bytes (spec idm 2.2). */
export function mutexReadCdb(blocks: number, group: number = DEFAULT_GROUP): Buffer {
  const cdb = Buffer.alloc(16);
  cdb[0] = MUTEX_OPCODE;
  cdb[1] = 0x01;
  cdb.writeUInt32BE(blocks, 10);
  cdb[14] = group;
  return cdb;
}

/** CDB that, with 512 zero bytes, removes every mutex of the drive (spec idm 2.4). */
export function wipeCdb(): Buffer {
  return mutexWriteCdb(MUTEX_OP.normal, ALL_GROUPS);
}

/** A mutex write as hosts sent it until 2022: group in byte 2, one block, operation in byte 14 (spec idm 2.5). */
export function legacyWriteCdb(
  op: number,
  group: number = DEFAULT_GROUP,
  opcode: number = LEGACY_OPCODE.writeToo,
): Buffer {
  const cdb = Buffer.alloc(16);
  cdb[0] = opcode;
  cdb[2] = group;
  cdb.writeUInt32BE(1, 10);
  cdb[14] = op;
  return cdb;
}

/** A mutex read as hosts sent it until 2022; bytes 7-9 as in the transcripts (spec idm 2.5). */
export function legacyReadCdb(blocks: number, group: number = DEFAULT_GROUP): Buffer {
  const cdb = Buffer.alloc(16);
  cdb[0] = LEGACY_OPCODE.read;
  cdb[2] = group;
  cdb.set([0x20, 0xff, 0x01], 7);
  cdb.writeUInt32BE(blocks, 10);
  return cdb;
}
