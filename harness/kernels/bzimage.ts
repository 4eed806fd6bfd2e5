import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';

/** The file is no bzImage that an uncompressed kernel can be taken from; the message says why. */
export class KernelImageError extends Error {
  override name = 'KernelImageError';
}

/** How the kernel inside a bzImage is packed. */
export type Compression = 'gzip' | 'xz' | 'zstd' | 'none';

/** Where the packed kernel lies in a bzImage, in bytes. */
export interface Payload {
  readonly offset: number;
  readonly length: number;
  readonly compression: Compression;
  /** Bytes when unpacked, as the build noted them behind the payload; undefined for an unpacked one. */
  readonly unpackedSize: number | undefined;
}

const MAGICS: readonly (readonly [Compression, string])[] = [
  ['gzip', '1f8b08'],
  ['xz', 'fd377a585a00'],
  ['zstd', '28b52ffd'],
  ['none', '7f454c46'],
];

/**
 * Finds the payload by the setup header (Linux Documentation/arch/x86/boot.rst, boot protocol 2.08 or later):
 * setup_sects u8 at 0x1f1 (0 means 4), magic "HdrS" at 0x202, version u16 at 0x206, payload_offset u32 at 0x248
 * counted from the end of the setup sectors, payload_length u32 at 0x24c. The last four bytes of the payload are
 * the unpacked size, little-endian (with gzip they belong to the stream). Throws {@link KernelImageError}.
 */
export function findPayload(image: Buffer): Payload {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new KernelImageError('not a bzImage: no "HdrS" at 0x202');
  }
  const protocol = image.readUInt16LE(0x206);
  if (protocol < 0x208) {
    throw new KernelImageError(
      `boot protocol 0x${protocol.toString(16)} has no payload fields (0x208 or later has)`,
    );
  }
  const sectors = image.readUInt8(0x1f1);
  const offset = ((sectors === 0 ? 4 : sectors) + 1) * 512 + image.readUInt32LE(0x248);
  const length = image.readUInt32LE(0x24c);
  if (length < 8 || offset + length > image.length) {
    throw new KernelImageError(
      `payload at ${offset}, ${length} bytes, lies outside of the file (${image.length} bytes)`,
    );
  }
  const start = image.toString('hex', offset, offset + 6);
  const found = MAGICS.find(([, magic]) => start.startsWith(magic));
  if (found === undefined) {
    throw new KernelImageError(`payload starts with ${start}: known are gzip, xz, zstd and a plain ELF file`);
  }
  const compression = found[0];
  const unpackedSize = compression === 'none' ? undefined : image.readUInt32LE(offset + length - 4);
  return { offset, length, compression, unpackedSize };
}

/**
 * The uncompressed kernel (an ELF file, for PVH boot) out of a bzImage. `unxz` unpacks an xz stream, since Node
 * cannot. Throws {@link KernelImageError}.
 */
export async function extractVmlinux(
  image: Buffer,
  unxz: (bytes: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const { offset, length, compression, unpackedSize } = findPayload(image);
  const packed = image.subarray(offset, offset + length);
  const stream = packed.subarray(0, -4);
  let elf: Buffer;
  switch (compression) {
    case 'none':
      return packed;
    case 'gzip':
      elf = gunzipSync(packed);
      break;
    case 'xz':
      elf = await unxz(stream);
      break;
    case 'zstd':
      elf = Buffer.from(unzstd(stream, new Uint8Array(unpackedSize ?? 0)));
      break;
  }
  if (elf.length !== unpackedSize) {
    throw new KernelImageError(`kernel unpacks to ${elf.length} bytes, its header says ${unpackedSize ?? 0}`);
  }
  if (elf.toString('latin1', 1, 4) !== 'ELF')
    throw new KernelImageError('the unpacked kernel is no ELF file');
  return elf;
}
