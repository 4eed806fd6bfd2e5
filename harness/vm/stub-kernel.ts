/**
 * A kernel for machines that never start it: QEMU wants one on the command line of a machine that waits for a snapshot,
 * reads it whole (an uncompressed Linux: 55 MB, 20 ms of processor time), and then leaves the RAM alone. Its fw_cfg and
 * option ROMs must be those of a PVH boot, as when the machine was saved: so it is an ELF file with a PVH note
 * (XEN_ELFNOTE_PHYS32_ENTRY of xen/include/public/elfnote.h), and nothing but a halt instruction to load.
 */
const HEADER = 64;
const PROGRAM_HEADER = 56;
const NOTE_AT = HEADER + 2 * PROGRAM_HEADER;
/** Name "Xen\0" and an address of 8 bytes. */
const NOTE = 12 + 4 + 8;
const CODE_AT = NOTE_AT + NOTE;
const CODE = Buffer.from([0xf4]);
/** Where Linux is loaded too. */
const ADDRESS = 0x1000000n;
const [PT_LOAD, PT_NOTE] = [1, 4];
const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const [ET_EXEC, EM_X86_64] = [2, 62];

/** The file's bytes. Pure. */
export function stubKernel(): Buffer {
  const file = Buffer.alloc(CODE_AT + CODE.length);
  // 64 bits, little endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(ET_EXEC, 16);
  file.writeUInt16LE(EM_X86_64, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(ADDRESS, 24);
  file.writeBigUInt64LE(BigInt(HEADER), 32);
  file.writeUInt16LE(HEADER, 52);
  file.writeUInt16LE(PROGRAM_HEADER, 54);
  file.writeUInt16LE(2, 56);
  programHeader(file, HEADER, PT_LOAD, CODE_AT, CODE.length);
  programHeader(file, HEADER + PROGRAM_HEADER, PT_NOTE, NOTE_AT, NOTE);
  file.writeUInt32LE(4, NOTE_AT);
  file.writeUInt32LE(8, NOTE_AT + 4);
  file.writeUInt32LE(XEN_ELFNOTE_PHYS32_ENTRY, NOTE_AT + 8);
  file.write('Xen\0', NOTE_AT + 12, 'latin1');
  file.writeBigUInt64LE(ADDRESS, NOTE_AT + 16);
  file.set(CODE, CODE_AT);
  return file;
}

function programHeader(file: Buffer, at: number, type: number, offset: number, size: number): void {
  file.writeUInt32LE(type, at);
  file.writeUInt32LE(7, at + 4);
  file.writeBigUInt64LE(BigInt(offset), at + 8);
  file.writeBigUInt64LE(ADDRESS, at + 16);
  file.writeBigUInt64LE(ADDRESS, at + 24);
  file.writeBigUInt64LE(BigInt(size), at + 32);
  file.writeBigUInt64LE(BigInt(size), at + 40);
  // Notes are read by QEMU with this alignment.
  file.writeBigUInt64LE(4n, at + 48);
}
