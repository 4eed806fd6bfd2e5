/** What nodes boot from. */
export { clusteredLvm } from './clustered-lvm/clustered-lvm.js';
export { diskLoad } from './disk-load.js';
export { initramfs, lackedOptions } from './initramfs.js';
export { nodeLayer, treeLayer, type LayerFile } from './layers.js';
export type { ModuleNeed } from './modules.js';
export {
  ImageError,
  imagePackages,
  lvmVersion,
  rootImage,
  type ImagePackages,
  type RootImageOptions,
} from './root-image.js';
export { TABLE_REWRITER_PATH } from './table-rewriter.js';
