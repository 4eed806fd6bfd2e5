import { loadProfile } from '../../daemon-under-test/profiles/profile.js';
import { initramfs, nodeLayer, rootImage } from '../../vm-images/index.js';
import { Cache } from '../cache/index.js';
import { resolveKernel } from '../kernels/index.js';
import type { PreparedRun, PrepareOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { qemuTool } from '../setup/packages-tools.js';
import { chooseAccelerator } from '../vm/index.js';
import {
  type BaseEnvironment,
  type NodeSource,
  READY_LINE,
  type RunEnvironment,
  type SubjectEnvironment,
} from './environment.js';
import { bootedGolden, type Inhabitant, readyGolden } from './golden.js';
import { daemonInhabitant, puppetInhabitant } from './inhabitants.js';
import type { NodeImages } from './node-shape.js';
import { subjectLayer } from './subject-layer.js';

/**
 * Fetches, builds and probes everything that the nodes of a run need; what is cached already costs next to
 * nothing. Throws PackageError, UnknownKernelError, KernelError, ImageError, MissingModuleError or ProfileError, each with its
 * remedy.
 */
export async function prepareRun(options: PrepareOptions, progress: ProgressSink): Promise<PreparedRun> {
  const profiles = new Map(
    await Promise.all(options.daemons.map(async (daemon) => [daemon, await loadProfile(daemon)] as const)),
  );
  const cache = await Cache.open({ progress });
  const { origin, ...qemu } = await qemuTool(cache, {
    progress,
    ...(options.qemu === undefined ? {} : { override: options.qemu }),
  });
  const kernel = await resolveKernel(cache, options.kernel, progress);
  const plainRoot = await rootImage({ cache, progress, userland: options.userland, extraPackages: [] });
  const boot = { vmlinux: kernel.vmlinux, initramfs: await initramfs(cache, kernel, { progress }) };
  const probe = { ...boot, disks: [{ serial: 'root', path: plainRoot, readOnly: true }] };
  const { accelerator, reason } = await chooseAccelerator(cache, qemu, probe, READY_LINE, progress);
  const base: BaseEnvironment = {
    qemu,
    accelerator,
    kernel: { release: kernel.release, packageVersion: kernel.packageVersion, vmlinux: kernel.vmlinux },
    userland: options.userland,
    initramfs: boot.initramfs,
    nodeLayer: await nodeLayer(cache, progress),
  };
  const source = async (images: NodeImages, inhabitant: Inhabitant): Promise<NodeSource> => {
    const golden = { cache, environment: base, images, vcpus: 1, progress };
    const booted = await bootedGolden(golden);
    if (options.golden === 'booted') return { ...images, golden: { booted } };
    return { ...images, golden: { booted, ready: await readyGolden(golden, inhabitant) } };
  };
  const subjects: Record<string, SubjectEnvironment> = {};
  for (const [daemon, profile] of profiles) {
    const { packages } = profile.install;
    const layer = await subjectLayer(cache, profile, progress);
    const image =
      packages.length === 0
        ? plainRoot
        : await rootImage({ cache, progress, userland: options.userland, extraPackages: packages });
    const images = { rootImage: image, layers: layer === undefined ? [] : [layer] };
    subjects[daemon] = { profile, ...(await source(images, daemonInhabitant(profile))) };
  }
  const plain = await source({ rootImage: plainRoot, layers: [] }, await puppetInhabitant());
  const environment: RunEnvironment = { ...base, plain, subjects };
  return {
    kernelRelease: kernel.release,
    qemu: `QEMU ${qemu.version} (${origin}), ${accelerator}: ${reason}`,
    environment,
  };
}
