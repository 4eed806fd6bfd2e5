import { type Cache, type CacheUsage, type Eviction, MEMORY_KIND, SNAPSHOT_KIND } from '../cache/index.js';
import { cachedKernels, type CachedKernel } from './cached.js';
import { UnknownKernelError } from './errors.js';
import { globMatches, KernelSpecError, readSpecs, type DebianSpec } from './spec.js';
import { isCandidate, seriesOf } from './version.js';

/** Kinds of entries that are made for one kernel each, from it or from one another. */
const MADE_OF_KERNELS = ['initramfs', SNAPSHOT_KIND, MEMORY_KIND];

/** Which kernels go. */
export type PruneWish = { readonly specs: readonly string[] } | { readonly unusedMs: number };

/** What went with each kernel, or would have gone if nobody used it. */
export interface Pruned extends Eviction {
  /** Releases that were to go. */
  readonly releases: readonly string[];
}

/**
 * Removes kernels from the cache, and what was made of them: initramfs and snapshots. What another process uses stays.
 * Throws {@link UnknownKernelError} for a spec that nothing in the cache meets, and KernelSpecError.
 */
export async function pruneKernels(cache: Cache, wish: PruneWish): Promise<Pruned> {
  const kernels = await cachedKernels(cache);
  const going = 'specs' in wish ? matching(kernels, wish.specs) : unused(kernels, wish.unusedMs);
  const all = await cache.usage();
  const names = new Set(going.flatMap(({ entry, identity }) => [entry.key, JSON.stringify(identity)]));
  // A kernel decides its initramfs, and both decide snapshots.
  const made: CacheUsage[] = [];
  for (const kind of MADE_OF_KERNELS) {
    for (const entry of all.filter((one) => one.kind === kind)) {
      const text = JSON.stringify(entry.inputs);
      if (![...names].some((name) => text.includes(name))) continue;
      made.push(entry);
      names.add(entry.key);
    }
  }
  const eviction = await cache.remove([...made.reverse(), ...going.map(({ entry }) => entry)]);
  return { ...eviction, releases: [...new Set(going.map(({ release }) => release))] };
}

function unused(kernels: readonly CachedKernel[], unusedMs: number): CachedKernel[] {
  return kernels.filter(({ entry }) => Date.now() - entry.lastUsed.getTime() >= unusedMs);
}

function matching(kernels: readonly CachedKernel[], texts: readonly string[]): CachedKernel[] {
  const going = new Set<CachedKernel>();
  const bad: string[] = [];
  for (const spec of readSpecs(texts)) {
    if (spec.source === 'path') {
      throw new KernelSpecError(
        `kernels prune ${spec.text}: is a path, and the cache does not know where a kernel came from: say its release, ` +
          'as `ulogcheck kernels list` shows it',
      );
    }
    const found = kernels.filter((kernel) => isMeant(spec, kernel));
    if (found.length === 0) bad.push(spec.text);
    for (const kernel of found) going.add(kernel);
  }
  if (bad.length > 0) {
    const there = [...new Set(kernels.map(({ release }) => release))];
    throw new UnknownKernelError(
      `no kernel of the cache is meant by ${bad.join(', ')}; ` +
        (there.length === 0 ? 'it has none' : `it has ${there.join(', ')}`),
    );
  }
  return [...going];
}

/** Here a version means all builds of it, of every flavour. */
function isMeant(spec: DebianSpec, kernel: CachedKernel): boolean {
  const { want } = spec;
  const { release, version, packageVersion, flavour } = kernel;
  if (spec.flavour !== undefined && spec.flavour !== flavour) return false;
  switch (want.kind) {
    case 'cached':
      return true;
    case 'glob':
      return globMatches(want.pattern, version);
    case 'series':
      return seriesOf(version) === want.series;
    case 'candidate':
      return isCandidate(version) && seriesOf(version) === want.series;
    case 'name':
      return [release, release.replace(/(-cloud|-rt)?-amd64$/, ''), version, packageVersion].includes(
        want.name,
      );
    case 'stable':
    case 'latest':
    case 'each':
      return false;
  }
}
