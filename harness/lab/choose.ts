import { Cache } from '../cache/index.js';
import { chooseKernels, type KernelChoice as Chosen, type LeftOut } from '../kernels/index.js';
import type { KernelChoice } from '../plan/kernel-choice.js';
import type { ProgressSink } from '../progress.js';
import { withRemedy, type ShareOptions } from './gather.js';

/**
 * The kernels that the arguments of `--kernel` name, oldest first, each once; none of them is fetched. `onLeftOut` is told
 * of suites that were not considered. Throws
 * UnknownKernelError, which names all that nobody knows, and PackageError if the lists of packages cannot be had.
 */
export async function chooseRunKernels(
  specs: readonly string[],
  options: ShareOptions,
  progress: ProgressSink,
  onLeftOut: (left: LeftOut) => void = () => undefined,
): Promise<KernelChoice[]> {
  const cache = await Cache.open({ progress });
  const asked = { ...options, kernel: specs.join(',') };
  const chosen = await withRemedy(asked, () => chooseKernels(cache, specs, { onLeftOut }, progress));
  return chosen.map((origin) => {
    const { spec, label, release, version, packageVersion, suite, flavour, source } = origin;
    return { spec, label, release, version, packageVersion, suite, flavour, source, origin };
  });
}

/** What harness/kernels gave for a choice, which may have travelled through a plan since. */
export function originOf({ origin }: KernelChoice): Chosen {
  return origin as Chosen;
}
