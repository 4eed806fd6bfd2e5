/**
 * An ELF file of 64 bits without what a loader does not read: sections, symbols and debug information, which make a
 * vmlinux ten times as large. Gives the bytes as they are when they are no such file.
 */
export function withoutSections(elf: Buffer): Buffer {
  if (elf.length < 64 || elf.toString('latin1', 0, 4) !== '\x7fELF' || elf[4] !== 2) return elf;
  const offset = Number(elf.readBigUInt64LE(32));
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  let end = Math.max(64, offset + size * count);
  for (let index = 0; index < count; index += 1) {
    const at = offset + index * size;
    if (at + 40 > elf.length) return elf;
    // p_offset and p_filesz of a program header.
    end = Math.max(end, Number(elf.readBigUInt64LE(at + 8) + elf.readBigUInt64LE(at + 32)));
  }
  const loaded = Buffer.from(elf.subarray(0, end));
  // e_shoff, e_shnum, e_shstrndx
  loaded.writeBigUInt64LE(0n, 40);
  loaded.writeUInt16LE(0, 60);
  loaded.writeUInt16LE(0, 62);
  return loaded;
}
