import { join } from 'node:path';
import { createSessionKeys, type SessionKeys, SshSession } from '../guest/index.js';
import { armRecorder, type Recorder } from '../recorder/index.js';
import { ownedTempDir } from '../setup/owned.mjs';
import { InfraError, type VmDisk, VirtualMachine } from '../vm/index.js';
import { appendCpio, type BootFile } from '../../vm-images/index.js';
import {
  READY_LINE,
  recorderPort,
  type RunEnvironment,
  SSH_PORT,
  type SubjectEnvironment,
} from './environment.js';
import { createLegs } from './legs.js';

const BOOT_DEADLINE_MS = 90_000;
const SSH_DEADLINE_MS = 30_000;
const MEMORY_MIB = 384;

/** What a node is booted for. */
export interface NodeOptions {
  readonly environment: RunEnvironment;
  /** Root filesystem and layers. */
  readonly subject: Pick<SubjectEnvironment, 'rootImage' | 'layers'>;
  /** Host name in the guest and `node` in its events. */
  readonly name: string;
  /** Directory on the host that receives the console. */
  readonly directory: string;
  readonly legs: number;
}

/** One booted VM with a session into it. */
export class Node implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly vm: VirtualMachine,
    readonly session: SshSession,
    /** Device nodes of the legs in the guest, in the order leg0, leg1, … */
    readonly legs: readonly string[],
    /** Raw images of the same on the host: what they hold has reached the disk. */
    readonly legImages: readonly string[],
    private readonly scratch: AsyncDisposable,
  ) {}

  /** Boots a node and logs in. Throws BootError, or GuestUnreachable. */
  static async boot(options: NodeOptions): Promise<Node> {
    const { environment } = options;
    const scratch = await ownedTempDir('ulogcheck-node-');
    try {
      const keys = createSessionKeys();
      const initramfs = join(scratch.path, 'initramfs');
      await appendCpio(environment.initramfs, identityFiles(options.name, keys), initramfs);
      const layers = [environment.nodeLayer, ...options.subject.layers];
      const legs = await createLegs(scratch.path, options.legs);
      const disks: VmDisk[] = [
        { serial: 'root', path: options.subject.rootImage, readOnly: true },
        ...layers.map((path, index) => ({ serial: `layer${index}`, path, readOnly: true })),
        ...legs,
      ];
      const vm = await VirtualMachine.boot({
        qemu: environment.qemu,
        shape: {
          vmlinux: environment.kernel.vmlinux,
          initramfs,
          memoryMib: MEMORY_MIB,
          vcpus: 1,
          accelerator: environment.accelerator,
          disks,
          ports: [SSH_PORT, recorderPort(0)],
          kernelArguments: [],
        },
        consolePath: join(options.directory, 'console.log'),
        readyLine: READY_LINE,
        deadlineMs: BOOT_DEADLINE_MS,
      });
      try {
        const session = await SshSession.open(await vm.port(SSH_PORT), keys, SSH_DEADLINE_MS);
        const images = legs.map(({ path }) => path);
        return new Node(options.name, vm, session, await findLegs(session, options.legs), images, scratch);
      } catch (error) {
        await vm[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      await scratch[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sets the kernel probes and begins to stream; see docs/recorder.md. */
  async armRecorder(): Promise<Recorder> {
    const stream = await this.vm.port(recorderPort(0));
    return await armRecorder({ guest: this.session, streams: [stream], cpus: 1, node: this.name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.vm[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

function identityFiles(name: string, keys: SessionKeys): BootFile[] {
  const file = (path: string, content: string, mode: number): BootFile => ({
    path: `ulogcheck/${path}`,
    mode,
    data: content,
  });
  return [
    file('hostname', `${name}\n`, 0o644),
    file('authorized_keys', `${keys.userPublic}\n`, 0o600),
    file('ssh_host_ed25519_key', keys.hostPrivate, 0o600),
  ];
}

/** Without udevd there is no /dev/disk/by-id: the serials in sysfs tell which disk is which leg. */
async function findLegs(session: SshSession, count: number): Promise<string[]> {
  const listing = await session.succeed(
    'for disk in /sys/block/vd*; do echo "${disk##*/} $(cat $disk/serial)"; done',
  );
  const bySerial = new Map<string, string>();
  for (const line of listing.trim().split('\n')) {
    const [device, serial] = line.split(' ');
    if (device !== undefined && serial !== undefined) bySerial.set(serial, `/dev/${device}`);
  }
  return Array.from({ length: count }, (_unused, index) => {
    const device = bySerial.get(`leg${index}`);
    if (device === undefined)
      throw new InfraError(`the guest does not see disk leg${index}; it sees:\n${listing}`);
    return device;
  });
}
