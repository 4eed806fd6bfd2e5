import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { exists } from '../setup/exists.js';
import { PackageSource, type ResolvedPackage } from '../setup/packages.js';
import { toolMadeEntry } from '../setup/packages-tools.js';
import { runTool, type Program } from '../setup/packages-tool.js';
import { extractVmlinux } from './bzimage.js';

/** A kernel, ready to boot, from the cache. All paths are absolute. */
export interface Kernel {
  /** What `uname -r` says, e.g. `6.12.117+deb13-cloud-amd64`. */
  readonly release: string;
  /** e.g. `6.12.117-1`. */
  readonly packageVersion: string;
  /** Uncompressed ELF for PVH boot. */
  readonly vmlinux: string;
  readonly bzImage: string;
  /** Holds modules.dep, modules.builtin and kernel/. */
  readonly modulesDirectory: string;
  readonly config: string;
  /** Changes whenever a byte of the kernel may: for cache keys. */
  readonly identity: readonly string[];
}

/** Nobody knows the asked kernel; the message says what would be right. */
export class UnknownKernelError extends Error {
  override name = 'UnknownKernelError';
}

/** A kernel's packages do not give what boots here; the message says what is missing. */
export class KernelError extends Error {
  override name = 'KernelError';
}

/** Debian's package that always depends on the newest kernel for virtual machines. */
export const NEWEST_CLOUD_KERNEL = 'linux-image-cloud-amd64';

/** Packages that hold a kernel's files: one up to 6.18, split from 6.19 on. */
const KERNEL_PACKAGE = /^linux-(image|binary|modules|base)-\d/;

/** Changes when what is laid into a kernel's entry does. */
const LAYOUT = 1;

/**
 * The kernel that `spec` names, all its files cached:
 * - `stable`: the newest cloud kernel of Debian's current stable release;
 * - a package of it (`linux-image-6.12.117+deb13-cloud-amd64`) or its release (`6.12.117+deb13-cloud-amd64`);
 * - a package version (`6.12.117-1`: the cloud kernel of that version).
 * Throws {@link UnknownKernelError} for anything else, PackageError if the packages cannot be had, and
 * {@link KernelError} if they hold no kernel that boots here.
 */
export async function resolveKernel(
  cache: Cache,
  spec: string,
  progress: ProgressSink = () => undefined,
): Promise<Kernel> {
  const source = await PackageSource.open(cache, 'stable', progress);
  const name = spec === 'stable' ? NEWEST_CLOUD_KERNEL : await packageName(source, spec);
  const { packages } = await source.resolve([name], 'with-dependencies');
  const wanted = packages.filter((entry) => KERNEL_PACKAGE.test(entry.name));
  const image = wanted.find((entry) => entry.name.startsWith('linux-image-'));
  if (image === undefined)
    throw new KernelError(`the package ${name} of ${source.codename} depends on no kernel`);
  const release = image.name.replace(/^linux-image-/, '');
  const inputs = {
    layout: LAYOUT,
    packages: wanted.map((entry) => [entry.name, entry.version, entry.sha256]),
  };
  const directory = await toolMadeEntry(
    cache,
    'kernel',
    inputs,
    (target, tools) => buildKernel(source, wanted, release, target, tools, progress),
    progress,
  );
  return {
    release,
    packageVersion: image.version,
    vmlinux: join(directory, 'vmlinux'),
    bzImage: join(directory, 'bzImage'),
    modulesDirectory: modulesBelow(directory, release),
    config: join(directory, 'config'),
    identity: wanted.map((entry) => `${entry.name}=${entry.version} ${entry.sha256}`),
  };
}

function modulesBelow(directory: string, release: string): string {
  return join(directory, 'usr/lib/modules', release);
}

/** Names of the release's packages that are kernels, of all flavours. */
export async function kernelNames(source: PackageSource): Promise<readonly string[]> {
  return source.search('^linux-image-[0-9].*-amd64$');
}

async function packageName(source: PackageSource, spec: string): Promise<string> {
  const known = await kernelNames(source);
  const direct = known.find((name) => name === spec || name === `linux-image-${spec}`);
  if (direct !== undefined) return direct;
  const clouds = known.filter((name) => name.endsWith('-cloud-amd64'));
  const { packages } = await source.resolve(clouds, 'alone');
  const byVersion = packages.find((entry) => entry.version === spec);
  if (byVersion !== undefined) return byVersion.name;
  const releases = clouds.map((name) => name.replace(/^linux-image-/, '')).join(', ');
  throw new UnknownKernelError(
    `unknown kernel "${spec}": say "stable", or one of ${source.codename}'s: ${releases}`,
  );
}

async function buildKernel(
  source: PackageSource,
  packages: readonly ResolvedPackage[],
  release: string,
  target: string,
  tools: { readonly xz: Program; readonly depmod: Program },
  progress: ProgressSink,
): Promise<void> {
  const tree = await source.unpackInto(`kernel ${release}`, packages, target);
  await withProgress(progress, 'build', `uncompressed kernel and module index of ${release}`, async () => {
    await rm(join(tree, 'usr/share'), { recursive: true, force: true });
    const bzImage = await firstOf([`boot/vmlinuz-${release}`, `usr/lib/modules/${release}/vmlinuz`], tree);
    const config = await firstOf([`boot/config-${release}`, `usr/lib/modules/${release}/config`], tree);
    const image = await readFile(bzImage);
    const unxz = async (bytes: Buffer): Promise<Buffer> => {
      const packed = join(tree, 'payload.xz');
      await writeFile(packed, bytes);
      await runTool(tools.xz, ['--decompress', packed]);
      const plain = await readFile(join(tree, 'payload'));
      await rm(join(tree, 'payload'));
      return plain;
    };
    await writeFile(join(target, 'vmlinux'), await extractVmlinux(image, unxz));
    await writeFile(join(target, 'bzImage'), image);
    await writeFile(join(target, 'config'), await readFile(config));
    await rm(join(tree, 'boot'), { recursive: true, force: true });
    if (!(await readFile(join(target, 'config'), 'utf8')).includes('CONFIG_PVH=y')) {
      throw new KernelError(
        `kernel ${release} has no PVH entry (CONFIG_PVH is not set): it cannot be booted here`,
      );
    }
    // The packages carry no modules.dep: their maintainer scripts, which never run here, would make it.
    await runTool(tools.depmod, ['-b', target, '-m', '/usr/lib/modules', release]);
    const names = await readdir(modulesBelow(target, release));
    if (!names.includes('modules.dep')) throw new KernelError(`depmod left no modules.dep for ${release}`);
  });
}

async function firstOf(candidates: readonly string[], directory: string): Promise<string> {
  for (const candidate of candidates) {
    const path = join(directory, candidate);
    if (await exists(path)) return path;
  }
  throw new KernelError(`none of ${candidates.join(', ')} in the kernel's packages`);
}
