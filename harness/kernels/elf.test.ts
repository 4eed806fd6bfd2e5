import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutSections } from './elf.js';

/** A file with one program header for bytes at 0x100, and sections behind them. */
function sample(): Buffer {
  const elf = Buffer.alloc(0x400, 0xaa);
  elf.fill(0, 0, 0x100);
  elf.write('\x7fELF', 0, 'latin1');
  elf.writeUInt8(2, 4);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeBigUInt64LE(0x300n, 40);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt16LE(9, 60);
  elf.writeBigUInt64LE(0x100n, 64 + 8);
  elf.writeBigUInt64LE(0x80n, 64 + 32);
  return elf;
}

it('an ELF file without its sections has all that is loaded', () => {
  const elf = sample();
  const loaded = withoutSections(elf);
  assert.equal(loaded.length, 0x180);
  assert.deepEqual(loaded.subarray(0x40), elf.subarray(0x40, 0x180));
  assert.deepEqual([loaded.readBigUInt64LE(40), loaded.readUInt16LE(60)], [0n, 0]);
  assert.equal(elf.readUInt16LE(60), 9);
});

it('what is no ELF file of 64 bits, or is cut off, is left as it is', () => {
  const text = Buffer.from('text');
  assert.equal(withoutSections(text), text);
  const cut = sample().subarray(0, 80);
  assert.equal(withoutSections(cut), cut);
});
