import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AgentSession } from '../guest/index.js';
import { armRecorder, attachRecorder, type Recorder } from '../recorder/index.js';
import { InfraError, VirtualMachine, within } from '../vm/index.js';
import { AGENT_PORT, type BaseEnvironment, READY_LINE, recorderPort } from './environment.js';
import type { Golden } from './golden.js';
import { type NodeImages, nodeShape } from './node-shape.js';

const BOOT_DEADLINE_MS = 90_000;
const RESTORE_DEADLINE_MS = 30_000;
const SESSION_DEADLINE_MS = 30_000;
const RENEW_DEADLINE_MS = 30_000;
const HANG_UP_DEADLINE_MS = 30_000;

/** What every node needs. */
interface NodeOptions {
  readonly environment: BaseEnvironment;
  /** Root filesystem and layers. */
  readonly images: NodeImages;
  /** Host name in the guest and `node` in its events. */
  readonly name: string;
  /** Directory on the host that receives the console. */
  readonly directory: string;
}

/** What a node is booted for. */
export interface BootNodeOptions extends NodeOptions {
  /** Default 1. */
  readonly vcpus?: number;
  /** File for its RAM, if it is to become a snapshot. */
  readonly ram?: string;
}

/** A raw image on the host; several nodes may be given the same one. */
export interface Disk {
  readonly serial: string;
  readonly path: string;
}

/** What a node is restored for. */
export interface RestoreNodeOptions extends NodeOptions {
  readonly golden: Golden;
  /** Plugged in while it runs. */
  readonly disks: readonly Disk[];
  /** A process of the golden node that must not be in the copy: it is killed before anything else is done. */
  readonly without?: number;
}

/** One running VM with a session into it. */
export class Node implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly vm: VirtualMachine,
    readonly session: AgentSession,
    readonly vcpus: number,
    /** Device nodes in the guest of the disks that were plugged in, in their order. */
    readonly disks: readonly string[],
    private readonly golden: Golden | undefined,
  ) {}

  /** Boots a node. It has no disks but those of its system. Throws BootError, or GuestUnreachable. */
  static async boot(options: BootNodeOptions): Promise<Node> {
    const { environment, images, name, directory, vcpus = 1, ram } = options;
    const vm = await VirtualMachine.boot({
      qemu: environment.qemu,
      shape: nodeShape(environment, images, vcpus, [`ulogcheck.hostname=${name}`]),
      consolePath: join(directory, 'console.log'),
      readyLine: READY_LINE,
      deadlineMs: BOOT_DEADLINE_MS,
      ...(ram !== undefined && { memory: { kind: 'template', path: ram } }),
    });
    return await entered(vm, (session) => Promise.resolve(new Node(name, vm, session, vcpus, [], undefined)));
  }

  /**
   * Restores a node from a snapshot, plugs its disks in, and makes it a node of its own: host name, machine
   * id, address of its card, clock and random numbers (spec vm 2). Throws InfraError or GuestUnreachable.
   */
  static async restore(options: RestoreNodeOptions): Promise<Node> {
    const { environment, images, name, directory, golden, disks, without } = options;
    const { facts } = golden;
    const vm = await VirtualMachine.restore({
      qemu: environment.qemu,
      // The kernel and the initramfs are in the RAM already; QEMU wants to see the files again.
      shape: nodeShape(environment, images, facts.vcpus),
      consolePath: join(directory, 'console.log'),
      memory: { kind: 'copy', path: golden.ram },
      statePath: golden.state,
      deadlineMs: RESTORE_DEADLINE_MS,
    });
    const plugged = Promise.all(disks.map((disk, target) => vm.plug(disk, target)));
    plugged.catch(() => undefined); // awaited below
    return await entered(vm, async (session) => {
      await plugged;
      const devices = await session.renew(newIdentity(name, disks.length, without), RENEW_DEADLINE_MS);
      return new Node(name, vm, session, facts.vcpus, devices.trim().split('\n').filter(Boolean), golden);
    });
  }

  /** A disk's device node in the guest. Throws InfraError. */
  disk(index: number): string {
    const device = this.disks[index];
    if (device === undefined) throw new InfraError(`${this.name} has no disk ${index}`);
    return device;
  }

  /** Begins to record: arms the kernel probes, unless they were armed before the snapshot; see docs/recorder.md. */
  async record(): Promise<Recorder> {
    const streams = await Promise.all(
      Array.from({ length: this.vcpus }, (_unused, cpu) => this.vm.port(recorderPort(cpu))),
    );
    const guest = this.session;
    const armed = this.golden?.facts.armed;
    return armed === undefined
      ? await armRecorder({ guest, streams, cpus: this.vcpus, node: this.name })
      : await attachRecorder(armed, { guest, streams, node: this.name });
  }

  /** Ends the session, and waits until the node serves the next one. */
  async hangUp(): Promise<void> {
    const ready = this.vm.console.waitForLine(READY_LINE);
    await this.session[Symbol.asyncDispose]();
    await this.vm.closePort(AGENT_PORT);
    await within(ready, HANG_UP_DEADLINE_MS, 'the node to wait for another session', () =>
      this.vm.console.tail().slice(-5).join('\n'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.vm[Symbol.asyncDispose]();
  }
}

/** Opens the session and finishes the node; a VM that does not answer is ended. */
async function entered(vm: VirtualMachine, finish: (session: AgentSession) => Promise<Node>): Promise<Node> {
  try {
    return await finish(await AgentSession.open(await vm.port(AGENT_PORT), SESSION_DEADLINE_MS));
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw error;
  }
}

/** Arguments of the guest's `renew`, which says what they mean. 52:54:00 is QEMU's own prefix. */
function newIdentity(name: string, disks: number, without = 0): string[] {
  const mac = `52:54:00:${randomBytes(3)
    .toString('hex')
    .replace(/(..)(..)(..)/, '$1:$2:$3')}`;
  const machineId = randomUUID().replaceAll('-', '');
  const now = `${Date.now()}000000`;
  const seed = randomBytes(32).toString('hex');
  return [name, machineId, mac, now, seed, String(disks), String(without)];
}
