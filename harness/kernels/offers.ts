import type { AvailablePackage, ResolvedPackage } from '../setup/packages.js';
import { comparePackageVersions, upstreamVersion } from './version.js';

/** Debian's builds of a kernel for x86-64: for virtual machines, for any machine, with real-time preemption. */
export const FLAVOURS = ['cloud', 'generic', 'rt'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** One kernel that a Debian release offers. Plain data. */
export interface KernelOffer {
  /** What `uname -r` says, e.g. `6.12.117+deb13-cloud-amd64`. */
  readonly release: string;
  /** Of Linux, e.g. `6.12.117`, `7.3-rc7`. */
  readonly version: string;
  /** e.g. `6.12.117-1`. */
  readonly packageVersion: string;
  readonly flavour: Flavour;
  /** Whose lists name it, and whose mirror has it: `trixie`, `trixie-backports`. */
  readonly archive: string;
  /** The suites of that archive that hold it: `trixie`, `trixie-security`; empty if it is in none any more. */
  readonly suites: readonly string[];
  /** All that its files are in. */
  readonly packages: readonly ResolvedPackage[];
  /** Whether Debian's package of the newest kernel of this flavour means it. */
  readonly isNewest: boolean;
}

/** What to ask a release for: everything that kernels are made of, and the packages that mean the newest one. */
export const KERNEL_PACKAGES =
  '^linux-((image|binary|modules|base)-(unsigned-)?[0-9].*-amd64(-unsigned)?|image(-cloud|-rt)?-amd64)$';

/** `6.1.0-56-cloud-amd64` -> `cloud`. */
export function flavourOf(release: string): Flavour {
  if (release.endsWith('-cloud-amd64')) return 'cloud';
  return release.endsWith('-rt-amd64') ? 'rt' : 'generic';
}

/** What an image is called up to 6.18 and, split, from 6.19 on. Without a signed one the same bytes without a signature do. */
const IMAGE_NAMES: readonly ((release: string) => string)[] = [
  (release) => `linux-image-${release}`,
  (release) => `linux-binary-${release}`,
  (release) => `linux-image-${release}-unsigned`,
  (release) => `linux-binary-unsigned-${release}`,
];

/** The release that a package is part of; undefined for one that is no part of a kernel. */
export function releaseOfPackage(name: string): string | undefined {
  const rest = /^linux-(?:image|binary|modules|base)-(?:unsigned-)?(\d.*?)(?:-unsigned)?$/.exec(name)?.[1];
  return rest?.endsWith('-dbg') === true ? undefined : rest;
}

/** A kernel of which the lists name some parts only, as dependencies of the others. */
interface Part {
  readonly name: string;
  readonly version: string;
}

/** What the packages of an archive come to. */
export interface Offered {
  readonly offers: readonly KernelOffer[];
  /** Parts of further kernels that the lists do not name, though an image needs them. */
  readonly missing: readonly Part[];
}

/**
 * The kernels among the packages of an archive. One of which a part is missing is left out, and the part named:
 * mirrors show those for hours while a new version arrives, and for good when the lists keep the signed image of a
 * version whose modules, from another source package, they name no more.
 */
export function offersOf(
  archive: string,
  available: readonly AvailablePackage[],
  unlisted: readonly ResolvedPackage[] = [],
): Offered {
  const byName = new Map<string, AvailablePackage[]>();
  const others = unlisted.map((entry) => ({ ...entry, suites: [], depends: '' }));
  for (const entry of [...available, ...others]) {
    byName.set(entry.name, [...(byName.get(entry.name) ?? []), entry]);
  }
  const newest = newestNames(available);
  const find = ({ name, version }: Part): AvailablePackage | undefined =>
    byName.get(name)?.find((entry) => entry.version === version);
  const offers: KernelOffer[] = [];
  const missing: Part[] = [];
  for (const release of new Set(available.flatMap(({ name }) => releaseOfPackage(name) ?? []))) {
    const names = IMAGE_NAMES.map((name) => name(release));
    const versions = new Set(names.flatMap((name) => byName.get(name) ?? []).map(({ version }) => version));
    for (const version of versions) {
      const image = imageOf(names.flatMap((name) => find({ name, version }) ?? []));
      if (image === undefined) continue;
      const wanted = partsBeside(image, release);
      const parts = wanted.map((part) => find(part));
      missing.push(...wanted.filter((_part, index) => parts[index] === undefined));
      if (parts.includes(undefined)) continue;
      offers.push({
        release,
        version: upstreamVersion(version),
        packageVersion: version,
        flavour: flavourOf(release),
        archive,
        suites: image.suites,
        packages: [image, ...parts.flatMap((part) => part ?? [])].map(resolvedOf),
        isNewest: newest.has(`linux-image-${release}=${version}`),
      });
    }
  }
  return { offers, missing };
}

function resolvedOf({ name, version, sha256, size, unlisted }: AvailablePackage): ResolvedPackage {
  return { name, version, sha256, size, ...(unlisted !== undefined && { unlisted }) };
}

/** The package that holds vmlinuz. */
function imageOf(candidates: readonly AvailablePackage[]): AvailablePackage | undefined {
  // One that depends on another image or on linux-binary is empty, and means that one.
  return candidates.find(({ depends }) => !/linux-(binary|image)-\d/.test(depends));
}

/** What a split kernel consists of besides its image. */
function partsBeside({ name, version }: AvailablePackage, release: string): Part[] {
  if (!name.startsWith('linux-binary-')) return [];
  return ['modules', 'base'].map((part) => ({ name: `linux-${part}-${release}`, version }));
}

/** `name=version` of the images that the newest of Debian's packages of the newest kernel depend on. */
function newestNames(available: readonly AvailablePackage[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of ['linux-image-amd64', 'linux-image-cloud-amd64', 'linux-image-rt-amd64']) {
    const versions = available.filter((entry) => entry.name === name);
    const [first] = versions.sort((a, b) => comparePackageVersions(b.version, a.version));
    const [, image, version] = /(linux-image-\d\S*) \(= ([^)]+)\)/.exec(first?.depends ?? '') ?? [];
    if (image !== undefined && version !== undefined) found.add(`${image}=${version}`);
  }
  return found;
}
