import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { KernelError } from './errors.js';
import { LZ4_LEGACY_MAGIC, unpackLz4Legacy } from './lz4.js';

/** The file is no bzImage that an uncompressed kernel can be taken from; the message says why. */
export class KernelImageError extends KernelError {
  override name = 'KernelImageError';
}

/** How the kernel inside a bzImage is packed. */
export type Compression = 'gzip' | 'xz' | 'zstd' | 'lz4' | 'lzma' | 'none';

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
  ['lz4', LZ4_LEGACY_MAGIC],
  ['lzma', '5d0000'],
  ['none', '7f454c46'],
];

/** Those that nothing here unpacks. */
const UNKNOWN_MAGICS: readonly (readonly [string, string])[] = [
  ['bzip2', '425a68'],
  ['lzo', '894c5a'],
];

/**
 * Finds the payload by the setup header (Linux Documentation/arch/x86/boot.rst, boot protocol 2.08 or later):
 * setup_sects u8 at 0x1f1 (0 means 4), magic "HdrS" at 0x202, version u16 at 0x206, payload_offset u32 at 0x248
 * counted from the end of the setup sectors, payload_length u32 at 0x24c. The last four bytes of the payload are
 * the unpacked size, little-endian (with gzip they belong to the stream). Throws {@link KernelImageError}.
 */
export function findPayload(image: Buffer): Payload {
  checkHeader(image);
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
    const known = UNKNOWN_MAGICS.find(([, magic]) => start.startsWith(magic));
    throw new KernelImageError(
      `the kernel is packed by ${known?.[0] ?? `something unknown (it starts with ${start})`}, which nothing here ` +
        'unpacks: build it with CONFIG_KERNEL_ZSTD, _XZ, _GZIP, _LZ4, _LZMA or _UNCOMPRESSED',
    );
  }
  const compression = found[0];
  const unpackedSize = compression === 'none' ? undefined : image.readUInt32LE(offset + length - 4);
  return { offset, length, compression, unpackedSize };
}

/** Whether it is a kernel that is not packed at all. */
function isElf(image: Buffer): boolean {
  return image.toString('latin1', 0, 4) === '\x7fELF';
}

/**
 * What `uname -r` will say: of a bzImage by its setup header (kernel_version u16 at 0x20e, counted from 0x200), of a
 * vmlinux by its banner. Throws {@link KernelImageError}.
 */
export function releaseOfImage(image: Buffer): string {
  let text: string;
  if (isElf(image)) {
    const banner = 'Linux version ';
    const at = image.indexOf(banner);
    text = at < 0 ? '' : image.toString('latin1', at + banner.length, at + banner.length + 200);
  } else {
    checkHeader(image);
    const at = 0x200 + image.readUInt16LE(0x20e);
    text = image.toString('latin1', at, at + 200);
  }
  const release = /^[^\s\0]+/.exec(text)?.[0];
  if (release === undefined || !/^\d/.test(release)) {
    throw new KernelImageError('the kernel does not tell its release');
  }
  return release;
}

/** Throws {@link KernelImageError} for what is neither a bzImage with a payload that can be unpacked nor a vmlinux. */
export function checkImage(image: Buffer): void {
  if (!isElf(image)) findPayload(image);
}

function checkHeader(image: Buffer): void {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new KernelImageError('not a bzImage: no "HdrS" at 0x202');
  }
}

/**
 * The uncompressed kernel (an ELF file, for PVH boot) out of a bzImage. `unxz` unpacks a stream of xz or of lzma, since
 * Node cannot. Throws {@link KernelImageError}.
 */
export async function extractVmlinux(
  image: Buffer,
  unxz: (bytes: Buffer, format: 'xz' | 'lzma') => Promise<Buffer>,
): Promise<Buffer> {
  if (isElf(image)) return image;
  const { offset, length, compression, unpackedSize } = findPayload(image);
  const packed = image.subarray(offset, offset + length);
  if (compression === 'none') return packed;
  let elf: Buffer;
  try {
    elf = await unpack(packed, compression, unpackedSize ?? 0, unxz);
  } catch (error) {
    throw new KernelImageError(`the kernel is damaged: ${(error as Error).message}`, { cause: error });
  }
  if (elf.length !== unpackedSize) {
    throw new KernelImageError(`kernel unpacks to ${elf.length} bytes, its header says ${unpackedSize ?? 0}`);
  }
  if (elf.toString('latin1', 1, 4) !== 'ELF')
    throw new KernelImageError('the unpacked kernel is no ELF file');
  return elf;
}

async function unpack(
  packed: Buffer,
  compression: Exclude<Compression, 'none'>,
  size: number,
  unxz: (bytes: Buffer, format: 'xz' | 'lzma') => Promise<Buffer>,
): Promise<Buffer> {
  const stream = packed.subarray(0, -4);
  switch (compression) {
    case 'gzip':
      return gunzipSync(packed);
    case 'xz':
    case 'lzma':
      return unxz(stream, compression);
    case 'zstd':
      return Buffer.from(unzstd(stream, new Uint8Array(size)));
    case 'lz4':
      return unpackLz4Legacy(stream, size);
  }
}
