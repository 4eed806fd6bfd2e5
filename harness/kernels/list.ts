import type { Cache } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { PackageError } from '../setup/packages-errors.js';
import { Archives } from './archives.js';
import { cachedKernels, sameKernel, type CachedKernel } from './cached.js';
import { UnknownKernelError } from './errors.js';
import { compareOffers, matchOffers } from './match.js';
import { meantOffers, SHOWS_ALL, unknownText } from './meant.js';
import type { Flavour, KernelOffer } from './offers.js';
import { type DebianSpec, KernelSpecError, readSpecs } from './spec.js';

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
 * The kernels that the patterns mean, chosen as `--kernel` does; without one those of Debian's archives that the mirror
 * carries, and those in the cache. The newest first. Throws {@link KernelSpecError} for what can be no kernel of Debian's,
 * {@link UnknownKernelError} for all patterns together that mean none, and PackageError if the lists of packages cannot be
 * had; without a pattern only when the cache is empty, too.
 */
export async function listKernels(
  cache: Cache,
  options: ListOptions,
  progress: ProgressSink = () => undefined,
): Promise<KnownKernel[]> {
  const specs = debianSpecs(options.patterns);
  const archives = new Archives(cache, progress);
  const cached = await cachedKernels(cache);
  const wanted = specs.length > 0 ? await meant(cache, archives, specs, options) : undefined;
  const offers = wanted ?? (await allOffers(archives, cached.length > 0));
  const stable = await archives.stable().catch(() => '');
  const isStable = (offer: KernelOffer): boolean =>
    offer.archive === stable && offer.isNewest && offer.flavour === 'cloud';
  const shown = wanted ?? (options.everyBuild ? offers : eachVersion(offers, options.flavour, stable));
  const known = shown.map((offer) => ({
    ...fieldsOf(offer),
    suites: offer.suites,
    // One of the cache that Debian has dropped is in no archive.
    download: offer.archive === '' ? undefined : offer.packages.reduce((sum, { size }) => sum + size, 0),
    cached: cached.find((one) => one.offer !== undefined && sameKernel(one.offer, offer))?.entry.bytes,
    isStable: isStable(offer),
  }));
  const others = wanted === undefined ? cached.filter((one) => !isAmong(one, shown)) : [];
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

function debianSpecs(patterns: readonly string[]): DebianSpec[] {
  return readSpecs(patterns).map((spec) => {
    if (spec.source === 'debian') return spec;
    throw new KernelSpecError(
      `kernels list ${spec.text}: is a path; shown are Debian's kernels and those of the cache. Whether one of your own ` +
        'has what nodes need is told by `ulogcheck kernels config --check`.',
    );
  });
}

async function meant(
  cache: Cache,
  archives: Archives,
  specs: readonly DebianSpec[],
  options: ListOptions,
): Promise<KernelOffer[]> {
  const found: KernelOffer[] = [];
  const bad: string[] = [];
  for (const spec of specs) {
    const some = await meantOffers(cache, archives, spec, options);
    if (some.length === 0) bad.push(await unknownText(archives, spec, options.flavour));
    found.push(...some.filter((offer) => !found.some((other) => sameKernel(other, offer))));
  }
  if (bad.length > 0) throw new UnknownKernelError([...bad, SHOWS_ALL].join('\n'));
  return found;
}

async function allOffers(archives: Archives, haveOthers: boolean): Promise<readonly KernelOffer[]> {
  return await archives.all().catch((error: unknown) => {
    // What is cached can be used whatever the mirror says.
    if (error instanceof PackageError && haveOthers) return [];
    throw error;
  });
}

function eachVersion(offers: readonly KernelOffer[], flavour: Flavour, stable: string): KernelOffer[] {
  const all: DebianSpec = {
    ...{ text: 'debian/all', source: 'debian', want: { kind: 'glob', pattern: '*' } },
    ...{ suite: undefined, flavour: undefined },
  };
  return matchOffers(all, offers, { flavour, stable });
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
