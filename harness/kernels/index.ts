export { KernelImageError } from './bzimage.js';
export { KernelError, UnknownKernelError, resolveKernel, type Kernel } from './kernel.js';
