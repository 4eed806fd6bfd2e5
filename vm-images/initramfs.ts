import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cache } from '../harness/cache/index.js';
import { checkConfig, KernelLacksError, type Kernel } from '../harness/kernels/index.js';
import { withProgress, type ProgressSink } from '../harness/progress.js';
import { PackageSource, pinned } from '../harness/setup/packages.js';
import { toolMadeEntry, type ImageTools } from '../harness/setup/packages-tools.js';
import { runTool } from '../harness/setup/packages-tool.js';
import { KERNEL_OPTIONS } from './kernel-options.js';
import { cpioArchive, directoriesOf, type CpioMember } from './cpio.js';
import { parseModuleIndex, planModules, splitNeeds, type ModuleNeed } from './modules.js';
import { NODE_NEEDS } from './needs.js';
import { guestDirectory } from './root-image.js';

/** Mount points of the guest's initramfs-init. */
const MOUNT_POINTS = ['dev', 'proc', 'sys', 'root', 'mnt/upper'];

/**
 * Path of the initramfs for a kernel: busybox, our first process, and the modules that nodes need, unpacked, each
 * after what it depends on. Throws KernelLacksError if the kernel is configured without one, or without another option
 * that nodes need, and KernelError if one is missing all the same.
 */
export async function initramfs(
  cache: Cache,
  kernel: Kernel,
  options: { readonly progress?: ProgressSink; readonly needs?: readonly ModuleNeed[] } = {},
): Promise<string> {
  const { progress = () => undefined, needs = NODE_NEEDS } = options;
  await checkOptions(kernel);
  const source = await PackageSource.open(cache, 'stable', progress);
  const { packages } = await source.resolve(['busybox-static'], 'alone');
  const init = await readFile(join(guestDirectory, 'initramfs/init'), 'utf8');
  const inputs = {
    layout: 2,
    init,
    kernel: kernel.identity,
    busybox: packages.map(pinned),
    needs: needs.map(({ alternatives, load }) => [load, ...alternatives]),
  };
  const build = async (directory: string, tools: ImageTools): Promise<void> => {
    const { path: busyboxTree } = await source.unpack('busybox', packages);
    await withProgress(progress, 'build', `initramfs for ${kernel.release}`, async () => {
      const staging = join(directory, 'modules');
      const load = await stageModules(kernel, needs, staging, tools);
      const members: CpioMember[] = [
        { kind: 'file', path: 'init', mode: 0o755, data: Buffer.from(init) },
        {
          kind: 'file',
          path: 'modules.load',
          mode: 0o644,
          data: Buffer.from(load.map((path) => `${path}\n`).join('')),
        },
        {
          kind: 'file',
          path: 'bin/busybox',
          mode: 0o755,
          data: await readFile(join(busyboxTree, 'usr/bin/busybox')),
        },
        { kind: 'link', path: 'bin/sh', target: 'busybox' },
        ...(await filesBelow(staging, 'lib/modules')),
      ];
      const directories = directoriesOf([
        ...members.map(({ path }) => path),
        ...MOUNT_POINTS.map((path) => `${path}/`),
      ]);
      const archive = cpioArchive([
        ...directories.map((path) => ({ kind: 'directory', path }) as const),
        ...members,
      ]);
      await writeFile(join(directory, 'initramfs.cpio'), archive);
      await rm(staging, { recursive: true });
    });
  };
  const entry = await toolMadeEntry(cache, 'initramfs', inputs, build, progress);
  return join(entry, 'initramfs.cpio');
}

/**
 * Lays the needed modules, unpacked, and an index of just them into `staging`, and gives the paths (in the guest)
 * of those to load at boot, in order.
 */
async function stageModules(
  kernel: Kernel,
  needs: readonly ModuleNeed[],
  staging: string,
  tools: ImageTools,
): Promise<string[]> {
  const read = (name: string): Promise<string> => readFile(join(kernel.modulesDirectory, name), 'utf8');
  const index = parseModuleIndex({
    dep: await read('modules.dep'),
    builtin: await read('modules.builtin'),
    softdep: await read('modules.softdep'),
    alias: await read('modules.alias'),
  });
  const { met } = splitNeeds(needs, await readFile(kernel.config, 'utf8'));
  const plan = planModules(index, met, kernel.release);
  const target = join(staging, 'lib/modules', kernel.release);
  await mkdir(target, { recursive: true });
  for (const name of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order']) {
    await copyFile(join(kernel.modulesDirectory, name), join(target, name)).catch(() => undefined);
  }
  for (const path of plan.carry) {
    const copy = join(target, path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(kernel.modulesDirectory, path), copy);
  }
  await runTool(tools.depmod, ['-b', staging, '-m', '/lib/modules', kernel.release]);
  return plan.load.map((path) => `/lib/modules/${kernel.release}/${path}`);
}

/** Options without which some tests cannot be run on a kernel, and which it lacks; others can (NODE_NEEDS). */
export async function lackedOptions({ config }: Pick<Kernel, 'config'>): Promise<readonly string[]> {
  return splitNeeds(NODE_NEEDS, await readFile(config, 'utf8')).lacked;
}

/** Before a node boots in vain. Throws KernelLacksError. */
async function checkOptions({ release, config }: Kernel): Promise<void> {
  const needs = KERNEL_OPTIONS.flatMap((group) => group.needs).filter(({ optional }) => optional !== true);
  const lacks = checkConfig(await readFile(config, 'utf8'), needs);
  if (lacks.length > 0) throw KernelLacksError.of(release, lacks);
}

async function filesBelow(root: string, directory: string): Promise<CpioMember[]> {
  const members: CpioMember[] = [];
  const entries = await readdir(join(root, directory), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) members.push(...(await filesBelow(root, path)));
    else members.push({ kind: 'file', path, mode: 0o644, data: await readFile(join(root, path)) });
  }
  return members;
}
