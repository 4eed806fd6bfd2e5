import type { Cache, CacheUsage } from '../cache/index.js';
import type { ProgressSink } from '../progress.js';
import { PackageSource } from '../setup/packages.js';
import { kernelNames, NEWEST_CLOUD_KERNEL } from './kernel.js';

/** A kernel that can be named, or that is cached. */
export interface KnownKernel {
  /** What `uname -r` says. */
  readonly release: string;
  readonly packageVersion: string;
  /** e.g. `cloud-amd64`; what follows the version in the release. */
  readonly flavour: string;
  /** Codename of the Debian release whose lists name it; undefined if they do so no more. */
  readonly suite: string | undefined;
  /** Bytes in the cache; undefined if it is not there. */
  readonly cached: number | undefined;
  /** Whether `--kernel stable` means it. */
  readonly isStable: boolean;
}

/**
 * The kernels of Debian's stable release and those in the cache, the newest first. Throws PackageError if the lists
 * of packages cannot be had.
 */
export async function listKernels(
  cache: Cache,
  progress: ProgressSink = () => undefined,
): Promise<KnownKernel[]> {
  const source = await PackageSource.open(cache, 'stable', progress);
  const { packages } = await source.resolve(await kernelNames(source), 'alone');
  const newest = await source.resolve([NEWEST_CLOUD_KERNEL], 'with-dependencies');
  const stable = newest.packages.find(({ name }) => /^linux-image-\d/.test(name))?.name;
  const cached = cachedKernels(await cache.usage());
  const kernels = new Map<string, KnownKernel>();
  for (const { name, version } of packages) {
    const bytes = cached.get(`${name}=${version}`);
    kernels.set(`${name}=${version}`, known(name, version, source.codename, bytes, name === stable));
  }
  for (const [pinned, bytes] of cached) {
    const [name = '', version = ''] = pinned.split('=');
    if (!kernels.has(pinned)) kernels.set(pinned, known(name, version, undefined, bytes, false));
  }
  return [...kernels.values()].sort((a, b) => b.release.localeCompare(a.release, 'en', { numeric: true }));
}

function known(
  name: string,
  packageVersion: string,
  suite: string | undefined,
  cached: number | undefined,
  isStable: boolean,
): KnownKernel {
  const release = name.replace(/^linux-image-/, '');
  const flavour = /^[^-]*-(?:\d+-)?(.*)$/.exec(release)?.[1] ?? '';
  return { release, packageVersion, flavour, suite, cached, isStable };
}

/** `name=version` of the image packages in the cache, with the bytes of their entries. */
function cachedKernels(entries: readonly CacheUsage[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { kind, inputs, bytes } of entries) {
    if (kind !== 'kernel') continue;
    const { packages } = inputs as { readonly packages?: readonly (readonly [string, string, string])[] };
    const image = packages?.find(([name]) => name.startsWith('linux-image-'));
    if (image !== undefined) found.set(`${image[0]}=${image[1]}`, bytes);
  }
  return found;
}
