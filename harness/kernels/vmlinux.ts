import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { imageTools } from '../setup/packages-tools.js';
import { runTool } from '../setup/packages-tool.js';
import { extractVmlinux } from './bzimage.js';
import type { Kernel } from './kernel.js';

/**
 * Writes the uncompressed kernel, which QEMU starts by its PVH entry, to `path`: some 55 MB, which is why kernels in
 * the cache do not have it. Throws KernelImageError, PackageError.
 */
export async function extractVmlinuxTo(
  cache: Cache,
  kernel: Pick<Kernel, 'bzImage' | 'release'>,
  path: string,
  progress: ProgressSink = () => undefined,
): Promise<void> {
  const image = await readFile(kernel.bzImage);
  await withProgress(progress, 'build', `uncompressed kernel ${kernel.release}`, async () => {
    const unxz = async (bytes: Buffer, format: 'xz' | 'lzma'): Promise<Buffer> => {
      const { xz } = await imageTools(cache, progress);
      const packed = `${path}.packed.${format}`;
      await writeFile(packed, bytes);
      await runTool(xz, ['--decompress', `--format=${format}`, packed]);
      const plain = await readFile(`${path}.packed`);
      await rm(`${path}.packed`);
      return plain;
    };
    await writeFile(path, await extractVmlinux(image, unxz));
  });
}
