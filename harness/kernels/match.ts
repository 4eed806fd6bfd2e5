import { archiveRank } from './archives.js';
import type { Flavour, KernelOffer } from './offers.js';
import { globMatches, type DebianSpec } from './spec.js';
import { comparePackageVersions, compareVersions, isCandidate, seriesOf } from './version.js';

/** The kernels among the offers that a spec means, of one flavour unless it names a release; the oldest first. */
export function matchOffers(
  spec: DebianSpec,
  offers: readonly KernelOffer[],
  options: {
    readonly flavour: Flavour;
    /** Codename of the stable release. */
    readonly stable: string;
    /** Patterns give every build of a version, of every flavour that the spec allows. */
    readonly everyBuild?: boolean;
  },
): KernelOffer[] {
  const { want, suite } = spec;
  const inSuite = offers.filter((offer) => suite === undefined || offer.suites.includes(suite));
  const flavour = spec.flavour ?? options.flavour;
  const flavoured =
    options.everyBuild === true && spec.flavour === undefined
      ? inSuite
      : inSuite.filter((offer) => offer.flavour === flavour);
  const one = options.everyBuild === true ? sorted : preferred;
  const releases = flavoured.filter(({ version }) => !isCandidate(version));
  switch (want.kind) {
    case 'stable':
      return preferred(releases.filter(({ archive, isNewest }) => archive === options.stable && isNewest));
    case 'latest':
      return newest(releases);
    case 'cached':
      return sorted(spec.flavour === undefined ? inSuite : flavoured);
    case 'each': {
      const series = new Set(flavoured.map(({ version }) => seriesOf(version)));
      return sorted([...series].flatMap((one) => newestOfSeries(flavoured, one)));
    }
    case 'series': {
      const found = releases.filter(({ version }) => seriesOf(version) === want.series);
      return options.everyBuild === true ? sorted(found) : newest(found);
    }
    case 'candidate':
      return newest(
        flavoured.filter(({ version }) => isCandidate(version) && seriesOf(version) === want.series),
      );
    case 'glob':
      return one(flavoured.filter(({ version }) => globMatches(want.pattern, version)));
    case 'name':
      return named(want.name, inSuite, flavour);
  }
}

/** The newest release of a series; its newest release candidate if it has no release. */
function newestOfSeries(offers: readonly KernelOffer[], series: string): KernelOffer[] {
  const all = offers.filter(({ version }) => seriesOf(version) === series);
  const releases = all.filter(({ version }) => !isCandidate(version));
  return newest(releases.length > 0 ? releases : all);
}

/** By what says most first: a release or package with its flavour, then what another flavour has too. */
function named(name: string, offers: readonly KernelOffer[], flavour: Flavour): KernelOffer[] {
  const exact = offers.filter(
    ({ release, packages }) => release === name || packages.some((entry) => entry.name === name),
  );
  const byImage = offers.filter(({ release }) => `linux-image-${release}` === name);
  if (exact.length > 0 || byImage.length > 0) return preferred(exact.length > 0 ? exact : byImage);
  const flavoured = offers.filter((offer) => offer.flavour === flavour);
  for (const fits of [
    (offer: KernelOffer): boolean => offer.release.replace(/(-cloud|-rt)?-amd64$/, '') === name,
    (offer: KernelOffer): boolean => offer.packageVersion === name,
    (offer: KernelOffer): boolean => offer.version === name,
  ]) {
    const found = flavoured.filter(fits);
    if (found.length > 0) return preferred(found);
  }
  return [];
}

/**
 * One offer for each version and flavour: that of the newest release of Debian, and of several builds the newest.
 * Sorted.
 */
function preferred(offers: readonly KernelOffer[]): KernelOffer[] {
  const best = new Map<string, KernelOffer>();
  for (const offer of offers) {
    const key = `${offer.version} ${offer.flavour}`;
    const before = best.get(key);
    if (before === undefined || isBetter(offer, before)) best.set(key, offer);
  }
  return sorted([...best.values()]);
}

function isBetter(offer: KernelOffer, than: KernelOffer): boolean {
  const difference = archiveRank(offer.archive) - archiveRank(than.archive);
  if (difference !== 0) return difference > 0;
  return comparePackageVersions(offer.packageVersion, than.packageVersion) > 0;
}

function newest(offers: readonly KernelOffer[]): KernelOffer[] {
  return preferred(offers).slice(-1);
}

/** By version, then package version, then flavour. */
export function compareOffers(
  a: Pick<KernelOffer, 'version' | 'packageVersion' | 'release'>,
  b: Pick<KernelOffer, 'version' | 'packageVersion' | 'release'>,
): number {
  return (
    compareVersions(a.version, b.version) ||
    comparePackageVersions(a.packageVersion, b.packageVersion) ||
    (a.release < b.release ? -1 : a.release > b.release ? 1 : 0)
  );
}

function sorted(offers: readonly KernelOffer[]): KernelOffer[] {
  return [...offers].sort(compareOffers);
}
