import type { Cache } from '../cache/index.js';
import { PackageError } from '../setup/packages-errors.js';
import { type Archives, ARCHIVES, archiveOfSuite } from './archives.js';
import { cachedKernels, sameKernel } from './cached.js';
import { matchOffers } from './match.js';
import type { Flavour, KernelOffer } from './offers.js';
import type { DebianSpec } from './spec.js';
import { closestText } from './suggest.js';

/** What a spec leaves open. */
export interface MeantOptions {
  readonly flavour: Flavour;
  /** Patterns give every build of a version, of every flavour that the spec allows. */
  readonly everyBuild?: boolean;
}

/**
 * The kernels of the mirror or of the cache that a spec means, the oldest first; none for one that nobody knows. Only
 * the lists of packages that are needed to know them are asked for. Throws {@link PackageError} if the mirror does not
 * answer and was never asked, or does not carry the suite of the spec.
 */
export async function meantOffers(
  cache: Cache,
  archives: Archives,
  spec: DebianSpec,
  options: MeantOptions,
): Promise<readonly KernelOffer[]> {
  const { want } = spec;
  if (want.kind === 'cached') return fromCache(cache, archives, spec, options);
  const stable = await archives.stable();
  const match = (offers: readonly KernelOffer[]): KernelOffer[] =>
    matchOffers(spec, offers, { ...options, stable });
  if (want.kind === 'stable') return match(await archives.of(stable));
  if (spec.suite !== undefined) {
    const suite = codenameOf(spec.suite, stable);
    if (!ARCHIVES.includes(archiveOfSuite(suite))) return [];
    return matchOffers({ ...spec, suite }, await archives.of(archiveOfSuite(suite)), { ...options, stable });
  }
  if (want.kind === 'name' && isUnambiguous(want.name)) {
    // No other archive can have the same: the lists of the others need not be fetched for it.
    const first = match(await archives.of(stable));
    if (first.length > 0) return first;
  }
  const found = match(await archives.all());
  if (found.length > 0 || want.kind !== 'name') return found;
  const dropped = (await cachedKernels(cache)).flatMap(({ offer }) => offer ?? []);
  return match(dropped);
}

/** The suites that `stable`, `stable-backports` and `unstable` mean are known by their codenames. */
export function codenameOf(suite: string, stable: string): string {
  return suite.replace(/^stable(?=-|$)/, stable).replace(/^unstable$/, 'sid');
}

/** A release or a package version of Debian: there is one build of it. */
function isUnambiguous(name: string): boolean {
  return name.includes('amd64') || /-\d/.test(name);
}

async function fromCache(
  cache: Cache,
  archives: Archives,
  spec: DebianSpec,
  options: MeantOptions,
): Promise<readonly KernelOffer[]> {
  const offers = (await cachedKernels(cache)).flatMap(({ offer }) => offer ?? []);
  const matched = matchOffers(spec, offers, { ...options, stable: '' });
  if (matched.length === 0) return [];
  // For the suites and for where to fetch what is missing of them; without lists it works as well.
  const known = await archives.all().catch((error: unknown) => {
    if (error instanceof PackageError) return [];
    throw error;
  });
  return matched.map((offer) => known.find((one) => sameKernel(one, offer)) ?? offer);
}

/** A line about a spec that means no kernel, with what comes closest. Throws {@link PackageError}. */
export async function unknownText(archives: Archives, spec: DebianSpec, flavour: Flavour): Promise<string> {
  if (spec.want.kind === 'cached') return `--kernel ${spec.text}: the cache has no kernel`;
  const suite = spec.suite === undefined ? undefined : codenameOf(spec.suite, await archives.stable());
  if (suite !== undefined && !ARCHIVES.includes(archiveOfSuite(suite))) {
    return `--kernel ${spec.text}: no suite is called ${suite}; there are ${ARCHIVES.join(', ')}`;
  }
  const offers = await archives.all();
  const closest = closestText({ ...spec, suite }, offers, spec.flavour ?? flavour);
  return `--kernel ${spec.text}: there is no such kernel. ${closest}`;
}

/** The last line of what is said about unknown kernels of Debian's. */
export const SHOWS_ALL = '`ulogcheck kernels list --all` shows all that can be had.';
