import { Cache } from '../cache/index.js';
import type { PreparedRun, PrepareOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { qemuTool } from '../setup/packages-tools.js';
import { chooseAccelerator } from '../vm/index.js';
import {
  type BaseEnvironment,
  type GoldenDirectories,
  type NodeSource,
  READY_LINE,
  type RunEnvironment,
  type SubjectEnvironment,
} from './environment.js';
import { gatherFiles, withRemedy } from './gather.js';
import { bootedGolden, type GoldenOptions, type Inhabitant, readyGolden } from './golden.js';
import { daemonInhabitant, puppetInhabitant } from './inhabitants.js';
import type { NodeImages } from './node-shape.js';

/**
 * Fetches, builds and probes everything that the nodes of a run need, golden nodes included; what is cached already
 * costs next to nothing. Throws PackageError, UnknownKernelError, KernelError, ImageError, KernelLacksError or
 * ProfileError, each with its remedy, and what golden nodes throw.
 */
export async function prepareRun(options: PrepareOptions, progress: ProgressSink): Promise<PreparedRun> {
  const cache = await Cache.open({ progress });
  return withRemedy(options, async () => {
    const { origin, ...qemu } = await qemuTool(cache, {
      progress,
      ...(options.qemu === undefined ? {} : { override: options.qemu }),
    });
    const files = await gatherFiles(cache, options, progress);
    const { vmlinux, initramfs, plainRoot, commonLayers, nodeLayer } = files;
    const probe = { vmlinux, initramfs, disks: [{ serial: 'root', path: plainRoot, readOnly: true }] };
    const { accelerator, reason } = await chooseAccelerator(cache, qemu, probe, READY_LINE, progress);
    const { release, packageVersion } = files.kernel;
    const kernel = { release, packageVersion, vmlinux };
    const { userland, lvm = 'stock' } = options;
    const base: BaseEnvironment = { qemu, accelerator, kernel, userland, lvm, initramfs, nodeLayer };
    const source = async (
      images: NodeImages,
      inhabitant: Inhabitant,
      layers = options.golden,
    ): Promise<NodeSource> => ({
      rootImage: images.rootImage,
      layers: images.layers,
      golden: await goldenDirectories({ cache, environment: base, images, vcpus: 1, progress }, inhabitant, layers),
    });
    // The kernel's own tests need no booted one: the puppet leaves no more behind than a process that ended.
    const plainLayers = options.golden === 'both' ? 'ready' : options.golden;
    const plain = source(
      { rootImage: plainRoot, layers: commonLayers },
      await puppetInhabitant(),
      plainLayers,
    );
    plain.catch(() => undefined); // awaited below
    const subjects: Record<string, SubjectEnvironment> = {};
    try {
      for (const [daemon, subject] of Object.entries(files.subjects)) {
        const { profile } = subject;
        subjects[daemon] = { profile, ...(await source(subject, daemonInhabitant(profile))) };
      }
    } finally {
      await plain.catch(() => undefined);
    }
    const environment: RunEnvironment = { ...base, plain: await plain, subjects };
    return {
      kernelRelease: release,
      lvmVersion: files.lvmVersion,
      qemu: `QEMU ${qemu.version} (${origin}), ${accelerator}: ${reason}`,
      environment,
    };
  });
}

async function goldenDirectories(
  options: GoldenOptions,
  inhabitant: Inhabitant,
  layers: PrepareOptions['golden'],
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
