import { Cache } from '../cache/index.js';
import type { PreparedRun, PrepareOptions } from '../plan/prepared.js';
import type { ProgressSink } from '../progress.js';
import { qemuTool } from '../setup/packages-tools.js';
import { chooseAccelerator } from '../vm/index.js';
import { READY_LINE, type RunEnvironment } from './environment.js';
import { gatherFiles, withRemedy } from './gather.js';

/**
 * Fetches, builds and probes everything that the nodes of a run need; what is cached already costs next to
 * nothing. Throws PackageError, UnknownKernelError, KernelError, ImageError, MissingModuleError or ProfileError, each with its
 * remedy.
 */
export async function prepareRun(options: PrepareOptions, progress: ProgressSink): Promise<PreparedRun> {
  const cache = await Cache.open({ progress });
  return withRemedy(options, async () => {
    const { origin, ...qemu } = await qemuTool(cache, {
      progress,
      ...(options.qemu === undefined ? {} : { override: options.qemu }),
    });
    const files = await gatherFiles(cache, options, progress);
    const { vmlinux, initramfs, plainRoot } = files;
    const probe = { vmlinux, initramfs, disks: [{ serial: 'root', path: plainRoot, readOnly: true }] };
    const { accelerator, reason } = await chooseAccelerator(cache, qemu, probe, READY_LINE, progress);
    const { release, packageVersion } = files.kernel;
    const environment: RunEnvironment = {
      qemu,
      accelerator,
      kernel: { release, packageVersion, vmlinux },
      userland: options.userland,
      initramfs,
      nodeLayer: files.nodeLayer,
      subjects: files.subjects,
    };
    return {
      kernelRelease: release,
      qemu: `QEMU ${qemu.version} (${origin}), ${accelerator}: ${reason}`,
      environment,
    };
  });
}
