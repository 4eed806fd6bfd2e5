import { initramfs, lackedOptions } from '../../vm-images/index.js';
import { Cache } from '../cache/index.js';
import { obtainKernel, UnknownKernelError } from '../kernels/index.js';
import { shortName, type KernelChoice } from '../plan/kernel-choice.js';
import type {
  MatrixOptions,
  PreparedKernel,
  PreparedMatrix,
  PreparedRun,
  PrepareOptions,
  SharedOptions,
  UnpreparedKernel,
} from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { qemuTool } from '../setup/packages-tools.js';
import { chooseAccelerator, type QemuProgram } from '../vm/index.js';
import { chooseRunKernels, originOf } from './choose.js';
import { BootKernel } from './boot-kernel.js';
import {
  type BaseEnvironment,
  type GoldenDirectories,
  type NodeSource,
  READY_LINE,
  type RunEnvironment,
  type SubjectEnvironment,
} from './environment.js';
import { gatherShared, type SharedFiles, withRemedy } from './gather.js';
import { bootedGolden, type GoldenOptions, type Inhabitant, readyGolden } from './golden.js';
import { daemonInhabitant, puppetInhabitant } from './inhabitants.js';
import type { NodeImages } from './node-shape.js';

/** Booting a node keeps one core busy, most of the time. */
const KERNELS_AT_A_TIME = 2;

/** What all kernels of a run share, prepared. */
interface Shared {
  readonly cache: Cache;
  readonly options: SharedOptions;
  readonly qemu: QemuProgram;
  /** Where QEMU comes from. */
  readonly origin: string;
  readonly files: SharedFiles;
}

/**
 * Fetches, builds and probes everything that the nodes of a run on one kernel need, golden nodes included; what is
 * cached already costs next to nothing. Throws PackageError, UnknownKernelError, KernelError, ImageError,
 * KernelLacksError or ProfileError, each with its remedy, and what golden nodes throw.
 */
export async function prepareRun(options: PrepareOptions, progress: ProgressSink): Promise<PreparedRun> {
  const [choice, ...others] = await chooseRunKernels([options.kernel], options, progress);
  if (choice === undefined || others.length > 0) {
    throw new UnknownKernelError(
      `--kernel ${options.kernel} means ${others.length + 1} kernels, and one is needed`,
    );
  }
  const matrix = await prepareKernels({ ...options, kernels: [choice] }, progress);
  const [kernel] = matrix.kernels;
  if (kernel === undefined) throw new Error('nothing was prepared');
  if ('error' in kernel) throw kernel.error;
  const { qemu, lvmVersion } = matrix;
  return { ...choice, ...kernel, qemu, lvmVersion };
}

/**
 * The same for several kernels. What all of them share is prepared first, and its errors are thrown; what goes wrong with
 * one kernel is told to `onFailure` at once, and the others go on.
 */
export async function prepareKernels(
  options: MatrixOptions,
  progress: ProgressSink,
  onFailure: (kernel: KernelChoice, error: unknown) => void = () => undefined,
): Promise<PreparedMatrix> {
  const cache = await Cache.open({ progress });
  const shared = await withRemedy(options, () => prepareShared(cache, options, progress));
  const several = options.kernels.length > 1;
  const made = await inOrder(options.kernels, KERNELS_AT_A_TIME, async (choice) => {
    const began = performance.now();
    const named: ProgressSink = (event) =>
      progress({ ...event, what: `${shortName(choice, options.kernels)}: ${event.what}` });
    try {
      const prepared = await withRemedy({ ...options, kernel: choice.spec }, () =>
        prepareKernel(shared, choice, several ? named : progress),
      );
      return { ...prepared, preparedMs: performance.now() - began };
    } catch (error) {
      onFailure(choice, error);
      return { label: choice.label, error, preparedMs: performance.now() - began };
    }
  });
  const how = made.map((kernel) => ('how' in kernel ? kernel.how : '')).find((text) => text !== '');
  return {
    qemu: `QEMU ${shared.qemu.version} (${shared.origin})${how === undefined ? '' : `, ${how}`}`,
    lvmVersion: shared.files.lvmVersion,
    kernels: made.map((kernel): PreparedKernel | UnpreparedKernel => {
      if (!('how' in kernel)) return kernel;
      const { label, identity, environment, preparedMs } = kernel;
      return { label, identity, environment, preparedMs };
    }),
  };
}

async function prepareShared(cache: Cache, options: SharedOptions, progress: ProgressSink): Promise<Shared> {
  const { origin, ...qemu } = await qemuTool(cache, {
    progress,
    ...(options.qemu === undefined ? {} : { override: options.qemu }),
  });
  return { cache, options, qemu, origin, files: await gatherShared(cache, options, progress) };
}

/** One kernel; `how` says by which accelerator its nodes run, and why. */
async function prepareKernel(
  { cache, options, qemu, files }: Shared,
  choice: KernelChoice,
  progress: ProgressSink,
): Promise<Omit<PreparedKernel, 'preparedMs'> & { readonly how: string }> {
  const origin = originOf(choice);
  const kernel = await obtainKernel(cache, origin, progress);
  const firstFiles = await initramfs(cache, kernel, { progress });
  const { release, packageVersion, bzImage, identity } = kernel;
  await using bootKernel = new BootKernel(cache, kernel, progress);
  const { plainRoot, nodeLayer, commonLayers } = files;
  const probe = {
    vmlinux: () => bootKernel.path(),
    initramfs: firstFiles,
    disks: [{ serial: 'root', path: plainRoot, readOnly: true }],
  };
  const { accelerator, reason } = await chooseAccelerator(cache, qemu, probe, READY_LINE, progress);
  const { userland, lvm = 'stock' } = options;
  const { label } = choice;
  const base: BaseEnvironment = {
    ...{ qemu, accelerator, userland, lvm, nodeLayer, initramfs: firstFiles },
    kernel: {
      ...{ label, release, packageVersion, bzImage, identity },
      lacks: await lackedOptions(kernel),
      ...(origin.source === 'tree' && { tree: origin.directory }),
    },
  };
  const source = async (
    nodes: 'daemon' | 'kernel',
    images: NodeImages,
    inhabitant: Inhabitant,
    layers = options.golden,
  ): Promise<NodeSource> => ({
    rootImage: images.rootImage,
    layers: images.layers,
    golden: isForNobody(options.underTest, nodes)
      ? {}
      : await goldenDirectories(
          { cache, environment: base, bootKernel, images, vcpus: 1, progress },
          inhabitant,
          layers,
        ),
  });
  // The kernel's own tests need no booted one: the puppet leaves no more behind than a process that ended.
  const plainLayers = options.golden === 'both' ? 'ready' : options.golden;
  const plainImages = { rootImage: plainRoot, layers: commonLayers };
  const plain = source('kernel', plainImages, await puppetInhabitant(), plainLayers);
  plain.catch(() => undefined); // awaited below
  const subjects: Record<string, SubjectEnvironment> = {};
  try {
    for (const [daemon, subject] of Object.entries(files.subjects)) {
      const { profile } = subject;
      subjects[daemon] = { profile, ...(await source('daemon', subject, daemonInhabitant(profile))) };
    }
  } finally {
    await plain.catch(() => undefined);
  }
  const environment: RunEnvironment = { ...base, plain: await plain, subjects };
  return { label, identity, environment, how: `${accelerator}: ${reason}` };
}

/** Whether no test that is to be run starts from golden nodes of this kind: drives are tested from the kernel's. */
function isForNobody(wanted: SharedOptions['underTest'], nodes: 'daemon' | 'kernel'): boolean {
  if (wanted === undefined || wanted.has(nodes)) return false;
  return nodes === 'daemon' || !wanted.has('drive');
}

async function goldenDirectories(
  options: GoldenOptions,
  inhabitant: Inhabitant,
  layers: SharedOptions['golden'],
): Promise<GoldenDirectories> {
  switch (layers) {
    case 'booted':
      return { booted: await bootedGolden(options) };
    case 'ready':
      return { ready: await readyGolden(options, inhabitant) };
    case 'both': {
      const booted = await bootedGolden(options);
      return { booted, ready: await readyGolden(options, inhabitant) };
    }
  }
}

/** Does `work` for each of the items, so many at a time; the results in the order of the items. Nothing is rejected. */
async function inOrder<T, R>(
  items: readonly T[],
  atATime: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const queue = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      results.set(index, await work(item));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, lane));
  return [...results.entries()].sort(([a], [b]) => a - b).map(([, result]) => result);
}
