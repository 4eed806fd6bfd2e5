import { z } from 'zod';
import type { Cache, CacheUsage } from '../cache/index.js';
import { flavourOf, type KernelOffer } from './offers.js';
import { upstreamVersion } from './version.js';

const debianInputs = z.object({
  release: z.string(),
  packages: z.array(z.tuple([z.string(), z.string(), z.string()])).min(1),
});

/** One of Debian's kernels that lies in the cache. */
export interface CachedKernel {
  readonly entry: CacheUsage;
  /** As the archive that it came from would offer it; its archive and suites are empty. */
  readonly offer: KernelOffer;
}

/** Debian's kernels in the cache. */
export async function cachedKernels(cache: Cache): Promise<CachedKernel[]> {
  const kernels: CachedKernel[] = [];
  for (const entry of await cache.usage()) {
    if (entry.kind !== 'kernel') continue;
    const inputs = debianInputs.safeParse(entry.inputs).data;
    if (inputs === undefined) continue;
    const packages = inputs.packages.map(([name, version, sha256]) => ({ name, version, sha256, size: 0 }));
    const packageVersion = packages[0]?.version ?? '';
    kernels.push({
      entry,
      offer: {
        release: inputs.release,
        version: upstreamVersion(packageVersion),
        packageVersion,
        flavour: flavourOf(inputs.release),
        archive: '',
        suites: [],
        packages,
        isNewest: false,
      },
    });
  }
  return kernels;
}

/** The same bytes have the same name, however often they were fetched. */
export function sameKernel(a: Pick<KernelOffer, 'packages'>, b: Pick<KernelOffer, 'packages'>): boolean {
  return (
    a.packages.length === b.packages.length &&
    a.packages.every(({ name, sha256 }, index) => {
      const other = b.packages[index];
      return other !== undefined && other.name === name && other.sha256 === sha256;
    })
  );
}
