import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Cache, JsonValue } from '../cache/index.js';
import { withProgress, type ProgressSink } from '../progress.js';
import { exists } from '../setup/exists.js';
import { PackageSource } from '../setup/packages.js';
import { toolMadeEntry, type ImageTools } from '../setup/packages-tools.js';
import { runTool } from '../setup/packages-tool.js';
import { findPayload } from './bzimage.js';
import { parseConfig } from './config.js';
import { KernelError, KernelLacksError } from './errors.js';
import { KEPT_IDENTITY, MODULE_FILE } from './kept-modules.js';
import type { DebianChoice, Kernel, KernelChoice } from './kernel.js';
import { stageModules, type ModuleFile } from './stage-modules.js';

/** Changes when what is laid into a kernel's entry does. */
const LAYOUT = 2;

/** Where the files of a kernel lie before they go into its entry. */
export interface KernelFiles {
  readonly bzImage: string;
  readonly config: string;
  readonly modules: readonly ModuleFile[];
  /** Directory of modules.order and modules.builtin. */
  readonly notes: string;
}

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
    case 'tree':
      throw new KernelError(`--kernel ${choice.spec}: not built yet`);
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
        await layKernel(release, await installedFiles(unpacked, release), target, tools);
        await rm(unpacked, { recursive: true });
      });
    },
    progress,
  );
  const identity = packages.map(({ name, version, sha256 }) => `${name}=${version} ${sha256}`);
  return kernelIn(directory, choice, identity);
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

function kernelIn(directory: string, choice: KernelChoice, identity: readonly string[]): Kernel {
  const { label, release, version, packageVersion, suite } = choice;
  return {
    ...{ label, release, version, packageVersion, suite },
    bzImage: join(directory, 'bzImage'),
    modulesDirectory: modulesBelow(directory, release),
    config: join(directory, 'config'),
    identity: [...identity, `layout ${LAYOUT}`],
  };
}

function modulesBelow(directory: string, release: string): string {
  return join(directory, 'usr/lib/modules', release);
}

/** Where packages, and `make install modules_install`, lay the files of a kernel below a root. Throws {@link KernelError}. */
export async function installedFiles(root: string, release: string): Promise<KernelFiles> {
  const notes = await firstOf(root, [`usr/lib/modules/${release}`, `lib/modules/${release}`], 'modules');
  return {
    bzImage: await firstOf(
      root,
      [
        `boot/vmlinuz-${release}`,
        ...['vmlinuz', 'vmlinuz.unsigned'].map((name) => join(relative(root, notes), name)),
      ],
      'a kernel',
    ),
    config: await firstOf(
      root,
      [`boot/config-${release}`, `${relative(root, notes)}/config`, `usr/lib/linux/config-${release}`],
      'a configuration',
    ),
    modules: await moduleFilesBelow(notes),
    notes,
  };
}

async function moduleFilesBelow(directory: string): Promise<ModuleFile[]> {
  const paths = await readdir(directory, { recursive: true });
  return paths
    .filter((path) => MODULE_FILE.test(path))
    .sort()
    .map((path) => ({ path, file: join(directory, path) }));
}

async function firstOf(root: string, candidates: readonly string[], what: string): Promise<string> {
  for (const candidate of candidates) {
    const path = join(root, candidate);
    if (await exists(path)) return path;
  }
  throw new KernelError(`there is no ${candidates.join(', and no ')}: ${what} is missing`);
}

/** Lays what is kept of a kernel into `target`. Throws {@link KernelLacksError}, {@link KernelError}, KernelImageError. */
async function layKernel(
  release: string,
  files: KernelFiles,
  target: string,
  tools: ImageTools,
): Promise<void> {
  checkPvh(release, await readFile(files.config, 'utf8'));
  const image = await readFile(files.bzImage);
  findPayload(image);
  await writeFile(join(target, 'bzImage'), image);
  await copyFile(files.config, join(target, 'config'));
  await stageModules(files.modules, files.notes, modulesBelow(target, release), tools);
  // Packages carry no modules.dep: their maintainer scripts, which never run here, would make it.
  await runTool(tools.depmod, ['-b', target, '-m', '/usr/lib/modules', release]);
  const names = await readdir(modulesBelow(target, release));
  if (!names.includes('modules.dep')) throw new KernelError(`depmod left no modules.dep for ${release}`);
}

function checkPvh(release: string, config: string): void {
  if (parseConfig(config).get('CONFIG_PVH') === 'y') return;
  throw new KernelLacksError(
    release,
    ['CONFIG_PVH'],
    `kernel ${release} lacks CONFIG_PVH: it has no PVH entry, by which QEMU starts it here`,
  );
}
