export { KernelImageError } from './bzimage.js';
export { KernelError, UnknownKernelError, resolveKernel, type Kernel } from './kernel.js';
export { checkConfig, configVersion, parseConfig, type Lack, type OptionNeed } from './config.js';
export { listKernels, type KnownKernel } from './list.js';
