import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { Archives } from './archives.js';
import { cachedKernels, sameKernel } from './cached.js';
import { compareOffers } from './match.js';
import type { KernelOffer } from './offers.js';

/** A kernel that can be named, or that is cached. */
export interface KnownKernel extends KernelOffer {
  /** Bytes in the cache; undefined if it is not there. */
  readonly cached: number | undefined;
  /** Whether `--kernel stable` means it. */
  readonly isStable: boolean;
}

/**
 * All kernels of Debian's archives that the mirror carries, or of its stable release only, and those in the cache; the
 * newest first. Throws PackageError if the lists of packages cannot be had.
 */
export async function listKernels(
  cache: Cache,
  which: 'all' | 'stable',
  progress: ProgressSink = () => undefined,
): Promise<KnownKernel[]> {
  const archives = new Archives(cache, progress);
  const stable = await archives.stable();
  const offers = which === 'all' ? await archives.all() : await archives.of(stable);
  const cached = await cachedKernels(cache);
  const known = offers.map((offer) => ({
    ...offer,
    cached: cached.find((one) => sameKernel(one.offer, offer))?.entry.bytes,
    isStable: offer.archive === stable && offer.isNewest && offer.flavour === 'cloud',
  }));
  const gone = cached
    .filter(({ offer }) => !offers.some((one) => sameKernel(one, offer)))
    .map(({ offer, entry }) => ({ ...offer, cached: entry.bytes, isStable: false }));
  return [...known, ...gone].sort((a, b) => compareOffers(b, a));
}
