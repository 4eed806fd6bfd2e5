import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AgentSession } from '../guest/index.js';
import { armRecorder, attachRecorder, type Recorder } from '../recorder/index.js';
import { InfraError, VirtualMachine, within } from '../vm/index.js';
import { AGENT_PORT, type BaseEnvironment, READY_LINE, recorderPort } from './environment.js';
import { Initiator } from './drives/initiator.js';
import { Passthrough } from './drives/passthrough.js';
import type { Golden } from './open-golden.js';
import { BUILT_IN_SERIALS, createDisks, type Disk, placeDisks } from './disks.js';
import { type NodeImages, nodeShape } from './node-shape.js';
import { ownedTempDir } from '../setup/owned.mjs';

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
  /** The uncompressed kernel. */
  readonly vmlinux: string;
  /** By their SCSI targets; default: none. */
  readonly disks?: readonly Disk[];
  /** Default 1. */
  readonly vcpus?: number;
  /** File for its RAM, if it is to become a snapshot. */
  readonly ram?: string;
  /** RAM in MiB, for one that becomes no snapshot; default: what all nodes have. */
  readonly memoryMib?: number;
  /** It can be given drives (docs/disks.md), and becomes no snapshot. Default: false. */
  readonly cable?: boolean;
}

/** What a node is restored for. */
export interface RestoreNodeOptions extends NodeOptions {
  readonly golden: Golden;
  /** Those that are no built-in ones are plugged in while it runs; see disks.ts. */
  readonly disks: readonly Disk[];
  /** A process of the golden node that must not be in the copy: it is killed before anything else is done. */
  readonly without?: number;
  /** It serves a debugger. */
  readonly gdb?: boolean;
  /** It can be given drives (docs/disks.md). Default: true. */
  readonly cable?: boolean;
}

/** One running VM with a session into it. */
export class Node implements AsyncDisposable {
  /** By which it reaches drives (docs/disks.md); a node that is to be saved has no cable for it. */
  readonly initiator: Initiator;
  /** Drives by QEMU's own initiator. */
  readonly passthrough: Passthrough;

  private constructor(
    readonly name: string,
    readonly vm: VirtualMachine,
    readonly session: AgentSession,
    readonly vcpus: number,
    /** Device nodes in the guest of the disks that it was given, in their order. */
    readonly disks: readonly string[],
    private readonly golden?: Golden,
    /** Images of disks that nobody gave it. */
    private readonly blanks?: AsyncDisposable,
  ) {
    this.initiator = new Initiator(session, vm, name);
    this.passthrough = new Passthrough(session, vm, name);
  }

  /** Boots a node, which has its disks from then on. Throws BootError, or GuestUnreachable. */
  static async boot(options: BootNodeOptions): Promise<Node> {
    const { environment, images, name, directory, vmlinux, disks = [], vcpus = 1, ram } = options;
    const { memoryMib, cable = false } = options;
    const words = [`ulogcheck.hostname=${name}`];
    const vm = await VirtualMachine.boot({
      qemu: environment.qemu,
      shape: {
        ...nodeShape(environment, images, vcpus, disks, words),
        ...(memoryMib !== undefined && { memoryMib }),
        vmlinux,
      },
      cable,
      consolePath: join(directory, 'console.log'),
      readyLine: READY_LINE,
      deadlineMs: BOOT_DEADLINE_MS,
      ...(ram !== undefined && { memory: { kind: 'template', path: ram } }),
    });
    return await entered(vm, async (session) => {
      const devices = disks.length === 0 ? '' : await session.succeed(findDisks(disks.length));
      return new Node(name, vm, session, vcpus, devices.split('\n').filter(Boolean));
    });
  }

  /**
   * Restores a node from a snapshot, with images of its own for its disks, plugs further ones in, and makes it a node of
   * its own: host name, machine id, address of its card, clock and random numbers (spec vm 2). Throws InfraError or
   * GuestUnreachable.
   */
  static async restore(options: RestoreNodeOptions): Promise<Node> {
    const {
      environment,
      images,
      name,
      directory,
      golden,
      disks,
      without,
      gdb = false,
      cable = true,
    } = options;
    const { facts } = golden;
    const { builtIn, plugged, targets } = await placeDisks(disks);
    const blanks = await blankDisks(builtIn);
    const vm = await VirtualMachine.restore({
      qemu: environment.qemu,
      // The initramfs is in the RAM already; QEMU wants to see the file again.
      shape: nodeShape(environment, images, facts.vcpus, blanks.disks),
      consolePath: join(directory, 'console.log'),
      memory: { kind: 'copy', path: golden.ram },
      statePath: golden.state,
      deadlineMs: RESTORE_DEADLINE_MS,
      gdb,
      cable,
    }).catch(async (error: unknown) => {
      await blanks[Symbol.asyncDispose]();
      throw error;
    });
    const first = builtIn.length;
    const plugging = Promise.all(plugged.map((disk, index) => vm.plug(disk, first + index)));
    plugging.catch(() => undefined); // awaited below
    return await entered(vm, async (session) => {
      await plugging;
      const identity = newIdentity(name, without);
      const found = await session.renew(
        [...identity, String(first), String(plugged.length)],
        RENEW_DEADLINE_MS,
      );
      const byTarget = [...facts.disks, ...found.split('\n').filter(Boolean)];
      const devices = targets.map((target) => byTarget[target] ?? '');
      return new Node(name, vm, session, facts.vcpus, devices, golden, blanks);
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
    await this.blanks?.[Symbol.asyncDispose]();
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

/** Empty images for the built-in disks that a copy is not given. */
async function blankDisks(
  builtIn: readonly (Disk | undefined)[],
): Promise<AsyncDisposable & { readonly disks: readonly Disk[] }> {
  const missing = BUILT_IN_SERIALS.filter((_serial, slot) => builtIn[slot] === undefined);
  const scratch = missing.length === 0 ? undefined : await ownedTempDir('ulogcheck-disks-');
  const made = scratch === undefined ? [] : await createDisks(scratch.path, missing);
  const disks = builtIn.map((disk) => disk ?? made.shift()).filter((disk) => disk !== undefined);
  return { disks, [Symbol.asyncDispose]: async () => await scratch?.[Symbol.asyncDispose]() };
}

/** Waits for the disks at the first targets of the SCSI bus, and prints their device nodes, one on a line. */
function findDisks(count: number): string {
  const targets = Array.from({ length: count }, (_unused, target) => target).join(' ');
  return [
    `for target in ${targets}; do`,
    'until set -- /sys/bus/scsi/devices/*:0:$target:0/block/* && [ -b "/dev/${1##*/}" ]; do sleep 0.02; done',
    'echo "/dev/${1##*/}"',
    'done',
  ].join('\n');
}

/** Arguments of the guest's `renew`, but for those about disks; it says what they mean. 52:54:00 is QEMU's own prefix. */
function newIdentity(name: string, without = 0): string[] {
  const mac = `525400${randomBytes(3).toString('hex')}`;
  const machineId = randomUUID().replaceAll('-', '');
  const now = Date.now();
  const seed = randomBytes(32).toString('hex');
  const time = [String(Math.floor(now / 1000)), `${now % 1000}000000`];
  return [name, machineId, mac, ...time, seed, String(without)];
}
