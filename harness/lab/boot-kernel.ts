import { join } from 'node:path';
import type { Cache } from '../cache/index.js';
import { extractVmlinuxTo } from '../kernels/index.js';
import type { ProgressSink } from '../progress.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { BaseEnvironment } from './environment.js';

/**
 * The uncompressed kernel of an environment, some 55 MB, for as long as golden nodes are booted: copies of them need
 * none, so it is unpacked when it is asked for first, and goes away with this object.
 */
export class BootKernel implements AsyncDisposable {
  #unpacked: Promise<AsyncDisposable & { readonly path: string }> | undefined;

  constructor(
    private readonly cache: Cache,
    private readonly kernel: Pick<BaseEnvironment['kernel'], 'release' | 'bzImage'>,
    private readonly progress: ProgressSink = () => undefined,
  ) {}

  /** Path of the vmlinux. Throws KernelImageError, PackageError. */
  async path(): Promise<string> {
    this.#unpacked ??= this.#unpack();
    return join((await this.#unpacked).path, 'vmlinux');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const unpacked = await this.#unpacked?.catch(() => undefined);
    await unpacked?.[Symbol.asyncDispose]();
  }

  async #unpack(): Promise<AsyncDisposable & { readonly path: string }> {
    const directory = await ownedTempDir('ulogcheck-vmlinux-');
    try {
      await extractVmlinuxTo(this.cache, this.kernel, join(directory.path, 'vmlinux'), this.progress);
      return directory;
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
  }
}
