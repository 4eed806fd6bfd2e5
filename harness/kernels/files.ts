import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { exists } from '../setup/exists.js';
import { KernelError } from './errors.js';
import { MODULE_FILE } from './kept-modules.js';
import type { ModuleFile } from './stage-modules.js';

/** Where the files of a kernel lie before they go into its entry. */
export interface KernelFiles {
  /** A bzImage, or an uncompressed vmlinux. */
  readonly image: string;
  readonly config: string;
  readonly modules: readonly ModuleFile[];
  /** Directory of modules.order and modules.builtin. */
  readonly notes: string;
}

/** Where packages, and `make install modules_install`, lay the files of a kernel below a root. Throws {@link KernelError}. */
export async function installedFiles(root: string, release: string): Promise<KernelFiles> {
  const notes = await firstOf(root, [`usr/lib/modules/${release}`, `lib/modules/${release}`], 'modules');
  const beside = (name: string): string => join(relative(root, notes), name);
  return {
    image: await firstOf(
      root,
      [`boot/vmlinuz-${release}`, beside('vmlinuz'), beside('vmlinuz.unsigned')],
      'kernel',
    ),
    config: await firstOf(root, [`boot/config-${release}`, beside('config')], 'configuration'),
    modules: await modulesBelow(notes),
    notes,
  };
}

/** Releases that `boot/` below a root has kernels of. */
export async function installedReleases(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'boot')).catch(() => []);
  return names.flatMap((name) => /^vmlinuz-(\d.*)$/.exec(name)?.[1] ?? []).sort();
}

async function modulesBelow(directory: string): Promise<ModuleFile[]> {
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
  throw new KernelError(`it has no ${what}: there is no ${candidates.join(', and no ')}`);
}

/** Whether a directory is one that kernels are built in, with or without the sources. */
export async function isKernelTree(directory: string): Promise<boolean> {
  for (const path of ['include/config/kernel.release', 'arch/x86/boot/Makefile', 'arch/x86/boot/bzImage']) {
    if (await exists(join(directory, path))) return true;
  }
  return false;
}

/**
 * The files of a kernel in the tree that it was built in; nothing need be installed. Throws {@link KernelError} if it
 * was not built, or not all of it.
 */
export async function treeFiles(directory: string): Promise<KernelFiles> {
  const config = join(directory, '.config');
  if (!(await exists(config))) {
    throw new KernelError(`${directory} is a kernel tree without a .config: it was not built`);
  }
  const image = await newestImage(directory);
  const order = await readFile(join(directory, 'modules.order'), 'utf8').catch(() => '');
  const modules = order
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      // `kernel/` stands before it up to 5.2, and `.o` is at its end from 6.3 on.
      const path = line.replace(/^kernel\//, '').replace(/\.o$/, '.ko');
      return { path: `kernel/${path}`, file: join(directory, path) };
    });
  return { image, config, modules, notes: directory };
}

/**
 * The bzImage, unless vmlinux was linked after it was made: then it is not of the sources as they are. Throws
 * {@link KernelError}.
 */
async function newestImage(directory: string): Promise<string> {
  const [bzImage, vmlinux] = [join(directory, 'arch/x86/boot/bzImage'), join(directory, 'vmlinux')];
  const [made, linked] = [await modified(bzImage), await modified(vmlinux)];
  if (made === undefined && linked === undefined) {
    throw new KernelError(
      `${directory} is a kernel tree that was not built: there is no arch/x86/boot/bzImage; ` +
        'run `make bzImage modules` in it',
    );
  }
  return made !== undefined && made >= (linked ?? 0) ? bzImage : vmlinux;
}

async function modified(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
