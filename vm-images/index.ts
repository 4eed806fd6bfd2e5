import type { Cache } from '../harness/cache/index.js';
import { resolveKernel, type Kernel } from '../harness/kernels/index.js';
import type { ProgressSink } from '../harness/progress.js';
import { initramfs } from './initramfs.js';
import { nodeLayer } from './layers.js';
import { rootImage } from './root-image.js';

export { appendCpio, initramfs, type BootFile } from './initramfs.js';
export { nodeLayer, treeLayer, type LayerFile } from './layers.js';
export { MissingModuleError, type ModuleNeed } from './modules.js';
export { NODE_NEEDS } from './needs.js';
export { ImageError, rootImage, type RootImageOptions } from './root-image.js';
export { USERLANDS } from './userlands.js';

/** Everything that a node boots from, all in the cache. */
export interface NodeImages {
  readonly kernel: Kernel;
  /** Disk `root`. */
  readonly rootImage: string;
  /** Disk `layer0`. */
  readonly nodeLayer: string;
  /** To be completed for each boot by {@link appendCpio}. */
  readonly initramfs: string;
}

/** Which kernel and userland the nodes run. */
export interface NodeImageOptions {
  readonly cache: Cache;
  readonly progress?: ProgressSink;
  /** See resolveKernel; default `stable`. */
  readonly kernel?: string;
  /** Default `trixie`. */
  readonly userland?: string;
  readonly extraPackages?: readonly string[];
}

/** Prepares all that nodes boot from: fetched and built at the first call, found in the cache later. */
export async function prepareNodeImages(options: NodeImageOptions): Promise<NodeImages> {
  const { cache, progress = () => undefined, extraPackages = [] } = options;
  const kernel = await resolveKernel(cache, options.kernel ?? 'stable', progress);
  return {
    kernel,
    rootImage: await rootImage({ cache, progress, userland: options.userland ?? 'trixie', extraPackages }),
    nodeLayer: await nodeLayer(cache, progress),
    initramfs: await initramfs(cache, kernel, { progress }),
  };
}
