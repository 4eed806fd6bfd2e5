import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Cache, JsonValue } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { hostTool } from '../setup/packages-apt.js';
import { PackageSource } from '../setup/packages.js';
import { toolMadeEntry, type ImageTools } from '../setup/packages-tools.js';
import { runTool, ToolError } from '../setup/packages-tool.js';
import { checkImage, KernelImageError, releaseOfImage } from './bzimage.js';
import { parseConfig } from './config.js';
import { withoutSections } from './elf.js';
import { KernelError, KernelLacksError } from './errors.js';
import { kernelIdentity, type Part } from './identity.js';
import { installedFiles, treeFiles, type KernelFiles } from './files.js';
import { KEPT_IDENTITY } from './kept-modules.js';
import type { DebianChoice, Kernel, KernelChoice, PackagesChoice, TreeChoice } from './kernel.js';
import { MODULE_NOTES, stagedModules, stageModules } from './stage-modules.js';

/** Entries of built trees: each `make` makes one. */
const TREE_KIND = 'kernel-tree';
/** More of them are not kept. */
const TREES_KEPT = 8;

/** Changes when what is laid into a kernel's entry does. */
const LAYOUT = 2;

/**
 * The chosen kernel with all its files in the cache. Throws PackageError if its packages cannot be had,
 * {@link KernelLacksError} if it was built without what nodes need, and {@link KernelError} or KernelImageError if
 * what is there is no kernel that boots here.
 */
export async function obtainKernel(
  cache: Cache,
  choice: KernelChoice,
  progress: ProgressSink = () => undefined,
): Promise<Kernel> {
  switch (choice.source) {
    case 'debian':
      return obtainDebian(cache, choice, progress);
    case 'packages':
      return obtainPackages(cache, choice, progress);
    case 'tree':
      return obtainTree(cache, choice, progress);
  }
}

async function obtainDebian(cache: Cache, choice: DebianChoice, progress: ProgressSink): Promise<Kernel> {
  const { archive, packages, release } = choice;
  const directory = await toolMadeEntry(
    cache,
    'kernel',
    kernelInputs(choice),
    async (target, tools) => {
      const source = await PackageSource.open(cache, archive, progress);
      const unpacked = join(target, '.unpacked');
      await source.unpackInto(`kernel ${release}`, packages, unpacked);
      await withProgress(progress, 'build', `kernel ${release}`, async () => {
        await layKernel(choice, await installedFiles(unpacked, release), target, tools);
        await rm(unpacked, { recursive: true });
      });
    },
    progress,
  );
  return kernelIn(
    directory,
    choice,
    packages.map(({ name, version, sha256 }) => [name, version, sha256]),
  );
}

async function obtainPackages(cache: Cache, choice: PackagesChoice, progress: ProgressSink): Promise<Kernel> {
  const { release, files } = choice;
  const hashes = await Promise.all(files.map(async (file) => [basename(file), await hashOf(file)] as const));
  const directory = await toolMadeEntry(
    cache,
    'kernel',
    { layout: LAYOUT, release, files: hashes, kept: KEPT_IDENTITY },
    async (target, tools) => {
      const unpacked = join(target, '.unpacked');
      await withProgress(progress, 'build', `kernel ${release}`, async () => {
        for (const file of files) await unpackDeb(file, unpacked);
        await layKernel(choice, await installedFiles(unpacked, release), target, tools);
        await rm(unpacked, { recursive: true });
      });
    },
    progress,
  );
  return kernelIn(directory, choice, hashes);
}

async function unpackDeb(file: string, directory: string): Promise<void> {
  try {
    await hostTool('dpkg-deb', ['-x', file, directory]);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const said = error.output.trim().split('\n').at(-1) ?? '';
    throw new KernelError(`${file} is damaged: ${said}; fetch or build it again`, { cause: error });
  }
}

async function obtainTree(cache: Cache, choice: TreeChoice, progress: ProgressSink): Promise<Kernel> {
  const { release, directory: tree, layout } = choice;
  const files = layout === 'built' ? await treeFiles(tree) : await installedFiles(tree, release);
  const identity = await identityOfFiles(files);
  const directory = await toolMadeEntry(
    cache,
    TREE_KIND,
    { layout: LAYOUT, release, files: identity, kept: KEPT_IDENTITY },
    async (target, tools) => {
      await cache.evictKind(TREE_KIND, (left) => Promise.resolve(left.length < TREES_KEPT));
      await withProgress(progress, 'build', `kernel ${release} of ${tree}`, () =>
        layKernel(choice, files, target, tools),
      );
    },
    progress,
  );
  return kernelIn(directory, choice, identity);
}

/** Hashes of all that decides what nodes get of a kernel. */
async function identityOfFiles({ image, config, modules, notes }: KernelFiles): Promise<string[]> {
  const identity = [`image ${await hashOf(image)}`, `config ${await hashOf(config)}`];
  for (const name of MODULE_NOTES)
    identity.push(`${name} ${await hashOf(join(notes, name)).catch(() => '-')}`);
  for (const { path, file } of await stagedModules(modules)) {
    identity.push(`${path} ${await hashOf(file)}`);
  }
  return identity;
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** What the entry of one of Debian's kernels is made from. */
function kernelInputs({ release, packages }: DebianChoice): { readonly [name: string]: JsonValue } {
  return {
    layout: LAYOUT,
    release,
    packages: packages.map(({ name, version, sha256 }) => [name, version, sha256]),
    kept: KEPT_IDENTITY,
  };
}

function kernelIn(directory: string, choice: KernelChoice, parts: readonly Part[]): Kernel {
  const { label, release, version, packageVersion, suite } = choice;
  return {
    ...{ label, release, version, packageVersion, suite },
    bzImage: join(directory, 'bzImage'),
    modulesDirectory: modulesBelow(directory, release),
    config: join(directory, 'config'),
    identity: kernelIdentity(parts, LAYOUT),
  };
}

function modulesBelow(directory: string, release: string): string {
  return join(directory, 'usr/lib/modules', release);
}

/** Lays what is kept of a kernel into `target`. Throws {@link KernelLacksError}, {@link KernelError}, KernelImageError. */
async function layKernel(
  { release, spec }: KernelChoice,
  files: KernelFiles,
  target: string,
  tools: ImageTools,
): Promise<void> {
  checkPvh(release, await readFile(files.config, 'utf8'));
  const image = await readFile(files.image);
  const built = releaseOf(image, release, files.image);
  if (built !== release) {
    throw new KernelError(`--kernel ${spec}: ${files.image} is of release ${built}, and not of ${release}`);
  }
  await writeFile(join(target, 'bzImage'), withoutSections(image));
  await copyFile(files.config, join(target, 'config'));
  await stageModules(files.modules, files.notes, modulesBelow(target, release), tools);
  // Packages carry no modules.dep: their maintainer scripts, which never run here, would make it.
  await runTool(tools.depmod, ['-b', target, '-m', '/usr/lib/modules', release]);
  const names = await readdir(modulesBelow(target, release));
  if (!names.includes('modules.dep')) throw new KernelError(`depmod left no modules.dep for ${release}`);
}

/** The release that a whole image tells. Throws {@link KernelImageError} with what to do. */
function releaseOf(image: Buffer, release: string, file: string): string {
  try {
    checkImage(image);
    return releaseOfImage(image);
  } catch (error) {
    if (!(error instanceof KernelImageError)) throw error;
    throw new KernelImageError(
      `the kernel ${release} (${basename(file)}) cannot be used: ${error.message}. If it is cut off or damaged, fetch or ` +
        'build it again',
      { cause: error },
    );
  }
}

function checkPvh(release: string, config: string): void {
  if (parseConfig(config).get('CONFIG_PVH') === 'y') return;
  throw new KernelLacksError(
    release,
    ['CONFIG_PVH'],
    `kernel ${release} lacks CONFIG_PVH: it has no PVH entry, by which QEMU starts it here`,
  );
}
