/** Fields of command descriptor blocks. Numbers beyond 2^53 lose their last bits, and stay beyond every capacity. */

/** A run of logical blocks. */
export interface Extent {
  readonly lba: number;
  readonly count: number;
}

/** The operation code's group (SPC-4, operation codes) says how long a CDB is: 6, 10, 12 or 16 bytes; 16 for vendors' codes. */
export function cdbLength(opcode: number): number {
  const group = opcode >> 5;
  if (group === 0) return 6;
  if (group === 1 || group === 2) return 10;
  if (group === 5) return 12;
  return 16;
}

/** 64 bits, big-endian. */
export function u64(cdb: Buffer, offset: number): number {
  return cdb.readUInt32BE(offset) * 0x1_0000_0000 + cdb.readUInt32BE(offset + 4);
}

/** READ (6) and WRITE (6): 21 bits of LBA in bytes 1-3, count in byte 4 where 0 means 256 (SBC-3). */
export function extent6(cdb: Buffer): Extent {
  const count = cdb.readUInt8(4);
  return { lba: cdb.readUIntBE(1, 3) & 0x1f_ffff, count: count === 0 ? 256 : count };
}

/** 10-byte CDBs: LBA in bytes 2-5, count in 7-8. */
export function extent10(cdb: Buffer): Extent {
  return { lba: cdb.readUInt32BE(2), count: cdb.readUInt16BE(7) };
}

/** 12-byte CDBs: LBA in bytes 2-5, count in 6-9. */
export function extent12(cdb: Buffer): Extent {
  return { lba: cdb.readUInt32BE(2), count: cdb.readUInt32BE(6) };
}

/** 16-byte CDBs: LBA in bytes 2-9, count in 10-13. */
export function extent16(cdb: Buffer): Extent {
  return { lba: u64(cdb, 2), count: cdb.readUInt32BE(10) };
}

/** READ, WRITE and their like by opcode; COMPARE AND WRITE, with its count of one byte, is dealt with apart. */
const EXTENTS = new Map<number, (cdb: Buffer) => Extent>([
  ...[0x08, 0x0a].map((opcode) => [opcode, extent6] as const),
  ...[0x28, 0x2a, 0x2e, 0x2f, 0x34, 0x35, 0x41].map((opcode) => [opcode, extent10] as const),
  ...[0xa8, 0xaa, 0xae, 0xaf].map((opcode) => [opcode, extent12] as const),
  ...[0x88, 0x8a, 0x8b, 0x8e, 0x8f, 0x90, 0x91, 0x93].map((opcode) => [opcode, extent16] as const),
  [0x89, (cdb) => ({ lba: u64(cdb, 2), count: cdb.readUInt8(13) })],
]);

/** The blocks that a command of this opcode names; undefined for those that name none, and for UNMAP. */
export function namedExtent(cdb: Buffer): Extent | undefined {
  return EXTENTS.get(cdb.readUInt8(0))?.(cdb);
}

/** Opcodes whose data-out or data-in are blocks of the medium. */
const MEDIA_DATA = new Set(
  [...EXTENTS.keys()].filter((opcode) => ![0x34, 0x35, 0x90, 0x91].includes(opcode)),
);

/** Data of this command are blocks of the medium, not parameters. */
export function carriesBlocks(cdb: Buffer): boolean {
  return MEDIA_DATA.has(cdb.readUInt8(0));
}
