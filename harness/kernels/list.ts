import { PackageError } from '../setup/packages-errors.js';
import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { Archives } from './archives.js';
import { cachedKernels, sameKernel, type CachedKernel } from './cached.js';
import { compareOffers, matchOffers } from './match.js';
import type { Flavour, KernelOffer } from './offers.js';
import { parseSpec, type DebianSpec } from './spec.js';

/** A kernel that can be named, or that is cached. */
export interface KnownKernel {
  readonly release: string;
  readonly version: string;
  /** Null for a tree. */
  readonly packageVersion: string | null;
  readonly flavour: Flavour;
  /** Empty for one that no suite holds, or that is no kernel of Debian's. */
  readonly suites: readonly string[];
  /** Bytes to download; undefined for what cannot be had any more. */
  readonly download: number | undefined;
  /** Bytes in the cache; undefined if it is not there. */
  readonly cached: number | undefined;
  /** Whether `--kernel stable` means it. */
  readonly isStable: boolean;
}

/** Which kernels are listed. */
export interface ListOptions {
  /** Specs of Debian's kernels; without one, each version once. */
  readonly patterns: readonly string[];
  readonly flavour: Flavour;
  /** Every build of every flavour, instead of the one that a version means. */
  readonly everyBuild: boolean;
}

/**
 * The kernels of Debian's archives that the mirror carries, and those in the cache, the newest first. Throws
 * PackageError if the lists of packages cannot be had and the cache is empty, KernelSpecError for a bad pattern.
 */
export async function listKernels(
  cache: Cache,
  options: ListOptions,
  progress: ProgressSink = () => undefined,
): Promise<KnownKernel[]> {
  const specs = options.patterns.map((pattern) => parseSpec(pattern, () => undefined));
  const archives = new Archives(cache, progress);
  const cached = await cachedKernels(cache);
  const offers = await archives.all().catch((error: unknown) => {
    // What is cached can be used whatever the mirror says.
    if (error instanceof PackageError && cached.length > 0) return [];
    throw error;
  });
  const stable = await archives.stable().catch(() => '');
  const debian = specs.filter((spec): spec is DebianSpec => spec.source === 'debian');
  const wanted = select(offers, debian, options, stable);
  const isStable = (offer: KernelOffer): boolean =>
    offer.archive === stable && offer.isNewest && offer.flavour === 'cloud';
  const known = wanted.map((offer) => ({
    ...fieldsOf(offer),
    suites: offer.suites,
    download: offer.packages.reduce((sum, { size }) => sum + size, 0),
    cached: cached.find((one) => one.offer !== undefined && sameKernel(one.offer, offer))?.entry.bytes,
    isStable: isStable(offer),
  }));
  const others = debian.length > 0 ? [] : cached.filter((one) => !isAmong(one, wanted));
  const further = others.map(({ entry, offer, ...fields }) => {
    const offered = offers.find((one) => offer !== undefined && sameKernel(one, offer));
    return {
      ...fields,
      suites: offered?.suites ?? [],
      download: undefined,
      cached: entry.bytes,
      isStable: offered !== undefined && isStable(offered),
    };
  });
  return [...known, ...further].sort((a, b) => compareOffers(sortable(b), sortable(a)));
}

function isAmong({ offer }: CachedKernel, offers: readonly KernelOffer[]): boolean {
  return offer !== undefined && offers.some((one) => sameKernel(one, offer));
}

function fieldsOf({
  release,
  version,
  packageVersion,
  flavour,
}: KernelOffer): Pick<KnownKernel, 'release' | 'version' | 'packageVersion' | 'flavour'> {
  return { release, version, packageVersion, flavour };
}

function sortable(kernel: KnownKernel): { release: string; version: string; packageVersion: string } {
  return { ...kernel, packageVersion: kernel.packageVersion ?? '' };
}

function select(
  offers: readonly KernelOffer[],
  specs: readonly DebianSpec[],
  { flavour, everyBuild }: ListOptions,
  stable: string,
): KernelOffer[] {
  const all: DebianSpec = {
    ...{ text: 'debian/all', source: 'debian', want: { kind: 'glob', pattern: '*' } },
    ...{ suite: undefined, flavour: undefined },
  };
  if (everyBuild && specs.length === 0) return [...offers];
  const found = new Set<KernelOffer>();
  for (const spec of specs.length === 0 ? [all] : specs) {
    for (const offer of matchOffers(spec, offers, { flavour, stable, everyBuild })) found.add(offer);
  }
  return [...found];
}
