export { KernelImageError } from './bzimage.js';
export { KernelError, resolveKernel, type Kernel } from './kernel.js';
