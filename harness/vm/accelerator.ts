import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Cache } from '../cache/index.js';
import { type ProgressSink, withProgress } from '../progress.js';
import { ownedTempDir } from '../setup/owned.mjs';
import type { QemuProgram, VmShape } from './command-line.js';
import { BootError } from './errors.js';
import { VirtualMachine } from './virtual-machine.js';

/** Which accelerator QEMU gets, and why. */
export interface Accelerator {
  readonly accelerator: 'tcg' | 'kvm';
  readonly reason: string;
}

/** What is booted to see whether KVM works; the kernel is asked for only then. */
export interface ProbeMachine extends Pick<VmShape, 'initramfs' | 'disks'> {
  readonly vmlinux: () => Promise<string>;
}

/** A working KVM boots a node in about a second; on hosts with a para-virtual KVM the kernel hangs for ever. */
const PROBE_DEADLINE_MS = 10_000;

/**
 * KVM when a probe boot shows that it works, else TCG. That /dev/kvm can be opened proves nothing: on some nested
 * hosts it opens and stock kernels hang in it. The answer is kept for this boot of the host and this QEMU.
 */
export async function chooseAccelerator(
  cache: Cache,
  qemu: QemuProgram,
  probe: ProbeMachine,
  readyLine: RegExp,
  progress: ProgressSink,
): Promise<Accelerator> {
  const unusable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (unusable !== undefined) return { accelerator: 'tcg', reason: `no KVM: ${unusable}` };
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const entry = await cache.entry('kvm-probe', [bootId, release(), qemu.version], async (directory) => {
    const answer = await withProgress(progress, 'boot', 'probe whether KVM works here', async () =>
      probeKvm(qemu, probe, readyLine),
    );
    await writeFile(join(directory, 'answer.json'), JSON.stringify(answer));
  });
  return JSON.parse(await readFile(join(entry, 'answer.json'), 'utf8')) as Accelerator;
}

async function probeKvm(qemu: QemuProgram, probe: ProbeMachine, readyLine: RegExp): Promise<Accelerator> {
  await using directory = await ownedTempDir('ulogcheck-kvm-');
  const shape: VmShape = {
    ...probe,
    vmlinux: await probe.vmlinux(),
    memoryMib: 384,
    vcpus: 1,
    accelerator: 'kvm',
    ports: [],
    kernelArguments: [],
    scsi: false,
    scsiDisks: [],
    nic: false,
  };
  try {
    const consolePath = join(directory.path, 'console.log');
    await using vm = await VirtualMachine.boot({
      qemu,
      shape,
      consolePath,
      readyLine,
      deadlineMs: PROBE_DEADLINE_MS,
    });
    return { accelerator: 'kvm', reason: `a probe boot under KVM reached its ready line (pid ${vm.pid})` };
  } catch (error) {
    const why = error instanceof BootError ? (error.why.split('\n')[0] ?? '') : String(error);
    return { accelerator: 'tcg', reason: `/dev/kvm is there, but a probe boot failed: ${why}` };
  }
}
