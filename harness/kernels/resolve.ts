import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { chooseKernels, type ChooseOptions } from './choose.js';
import { UnknownKernelError } from './errors.js';
import type { Kernel } from './kernel.js';
import { obtainKernel } from './obtain.js';

/**
 * The one kernel that a spec means, all its files cached. Throws {@link UnknownKernelError} if it means none or
 * several, and what {@link obtainKernel} throws.
 */
export async function resolveKernel(
  cache: Cache,
  spec: string,
  progress: ProgressSink = () => undefined,
  options: ChooseOptions = {},
): Promise<Kernel> {
  const choices = await chooseKernels(cache, [spec], options, progress);
  const [first, ...others] = choices;
  if (first === undefined || others.length > 0) {
    const labels = choices.map(({ label }) => label).join(', ');
    throw new UnknownKernelError(
      `--kernel ${spec} means ${choices.length} kernels, and one is needed: ${labels}`,
    );
  }
  return obtainKernel(cache, first, progress);
}
