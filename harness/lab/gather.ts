import { loadProfile } from '../../daemon-under-test/profiles/profile.js';
import { clusteredLvm, initramfs, lvmVersion, nodeLayer, rootImage } from '../../vm-images/index.js';
import { DEFAULT_USERLAND } from '../../vm-images/userlands.js';
import type { Cache } from '../cache/index.js';
import { chooseKernels, obtainKernel } from '../kernels/index.js';
import type { SharedOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { PackageError } from '../setup/packages-errors.js';
import { imageTools, unpackedQemu } from '../setup/packages-tools.js';
import type { SubjectEnvironment } from './environment.js';
import { subjectLayer } from './subject-layer.js';

/** The files that the golden nodes of all kernels boot from, besides the kernels'; all paths are in the cache. */
export interface SharedFiles {
  /** Root image without any subject's packages. */
  readonly plainRoot: string;
  /** Layers that all nodes have over their root image, besides that with the guest's Node. */
  readonly commonLayers: readonly string[];
  /** Version of LVM in all of them. */
  readonly lvmVersion: string;
  readonly nodeLayer: string;
  readonly subjects: Readonly<Record<string, SubjectFiles>>;
}

/** The files of one subject. */
export type SubjectFiles = Pick<SubjectEnvironment, 'profile' | 'rootImage' | 'layers'>;

/** What the shared files are gathered for. */
export type ShareOptions = Pick<SharedOptions, 'daemons' | 'userland' | 'lvm'>;

/** What the files of a run are gathered for. */
export interface GatherOptions extends ShareOptions {
  /** As given to `--kernel`; several with commas. */
  readonly kernel: string;
}

/** Fetches and builds, or finds in the cache, what all kernels share. Throws PackageError, ImageError or ProfileError. */
export async function gatherShared(
  cache: Cache,
  options: ShareOptions,
  progress: ProgressSink,
): Promise<SharedFiles> {
  const profiles = await Promise.all(
    options.daemons.map(async (daemon) => [daemon, await loadProfile(daemon)] as const),
  );
  const { userland, lvm = 'stock' } = options;
  const plainRoot = await rootImage({ cache, progress, userland, extraPackages: [] });
  const commonLayers = lvm === 'stock' ? [] : [await clusteredLvm({ cache, userland, progress })];
  const subjects: Record<string, SubjectFiles> = {};
  for (const [daemon, profile] of profiles) {
    const { packages } = profile.install;
    const layer = await subjectLayer(cache, profile, progress);
    const image =
      packages.length === 0
        ? plainRoot
        : await rootImage({ cache, progress, userland, extraPackages: packages });
    const layers = [...commonLayers, ...(layer === undefined ? [] : [layer])];
    subjects[daemon] = { profile, rootImage: image, layers };
  }
  return {
    plainRoot,
    commonLayers,
    lvmVersion: await lvmVersion({ cache, progress, userland }),
    nodeLayer: await nodeLayer(cache, progress),
    subjects,
  };
}

/**
 * Gathers what a run needs on a machine that has nothing: beside the files Debian's QEMU, even if this machine has
 * one of its own, and the tools that build the layer of a daemon that was changed there.
 */
export async function gatherForAnyMachine(
  cache: Cache,
  options: GatherOptions,
  progress: ProgressSink,
): Promise<void> {
  await withRemedy(options, async () => {
    await unpackedQemu(cache, progress);
    await imageTools(cache, progress);
    const choices = await chooseKernels(cache, [options.kernel], {}, progress);
    await gatherShared(cache, options, progress);
    for (const choice of choices) {
      await initramfs(cache, await obtainKernel(cache, choice, progress), { progress });
      // There it may be named in any way.
      if (choice.source !== 'debian') continue;
      await chooseKernels(cache, [choice.release, choice.packageVersion], {}, progress);
    }
  });
}

/** Runs `work`; what it misses offline gets the command that would fetch it. */
export async function withRemedy<T>(
  options: ShareOptions & { readonly kernel?: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PackageError) || error.failure !== 'offline') throw error;
    const { kernel = 'stable' } = options;
    const command = [
      'ulogcheck prepare',
      ...(kernel === 'stable' ? [] : [`--kernel ${kernel}`]),
      ...(options.userland === DEFAULT_USERLAND ? [] : [`--userland ${options.userland}`]),
      ...(options.lvm === undefined || options.lvm === 'stock' ? [] : [`--lvm ${options.lvm}`]),
      ...(options.daemons.length !== 1 || options.daemons[0] === 'reference'
        ? []
        : [`--daemon ${options.daemons[0] ?? ''}`]),
    ].join(' ');
    throw new PackageError(
      'offline',
      `${error.message}\nFetch it while online: \`${command}\`; or bring it from a machine that has it: ` +
        '`ulogcheck cache export FILE` there, `ulogcheck cache import FILE` here.',
      { cause: error },
    );
  }
}
