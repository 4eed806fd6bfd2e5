import { z } from 'zod';
import type { Cache, CacheUsage } from '../cache/index.js';
import { kernelIdentity } from './identity.js';
import { flavourOf, type Flavour, type KernelOffer } from './offers.js';
import { upstreamVersion, versionOfRelease } from './version.js';

/** Kinds of entries that hold a kernel: of packages, and of built trees. */
export const KERNEL_KINDS: readonly string[] = ['kernel', 'kernel-tree'];

const kernelInputs = z.object({
  release: z.string(),
  layout: z.number(),
  files: z.array(z.union([z.string(), z.array(z.string())])).optional(),
  /** Of one of Debian's. */
  packages: z
    .array(z.tuple([z.string(), z.string(), z.string()]))
    .min(1)
    .optional(),
});

/** A kernel that lies in the cache. */
export interface CachedKernel {
  readonly entry: CacheUsage;
  readonly release: string;
  readonly version: string;
  /** Null for what is no kernel of Debian's archives. */
  readonly packageVersion: string | null;
  readonly flavour: Flavour;
  /** As the archive that it came from would offer it; its archive and suites are empty. */
  readonly offer: KernelOffer | undefined;
  /** What initramfs and golden nodes that were made of it name among their inputs. */
  readonly identity: readonly string[];
}

/** The kernels in the cache. */
export async function cachedKernels(cache: Cache): Promise<CachedKernel[]> {
  const kernels: CachedKernel[] = [];
  for (const entry of await cache.usage()) {
    if (!KERNEL_KINDS.includes(entry.kind)) continue;
    const inputs = kernelInputs.safeParse(entry.inputs).data;
    if (inputs === undefined) continue;
    const { release } = inputs;
    const offer = inputs.packages === undefined ? undefined : offerOf(release, inputs.packages);
    kernels.push({
      entry,
      release,
      version: offer?.version ?? versionOfRelease(release),
      packageVersion: offer?.packageVersion ?? null,
      flavour: flavourOf(release),
      offer,
      identity: kernelIdentity(inputs.packages ?? inputs.files ?? [], inputs.layout),
    });
  }
  return kernels;
}

function offerOf(release: string, pinned: readonly (readonly [string, string, string])[]): KernelOffer {
  const packages = pinned.map(([name, version, sha256]) => ({ name, version, sha256, size: 0 }));
  const packageVersion = packages[0]?.version ?? '';
  return {
    ...{ release, version: upstreamVersion(packageVersion), packageVersion, flavour: flavourOf(release) },
    ...{ archive: '', suites: [], packages, isNewest: false },
  };
}

/** Whether both are made of the same packages. */
export function sameKernel(a: Pick<KernelOffer, 'packages'>, b: Pick<KernelOffer, 'packages'>): boolean {
  return (
    a.packages.length === b.packages.length &&
    a.packages.every(({ name, version, sha256 }, index) => {
      const other = b.packages[index];
      return (
        other !== undefined && other.name === name && other.version === version && other.sha256 === sha256
      );
    })
  );
}
