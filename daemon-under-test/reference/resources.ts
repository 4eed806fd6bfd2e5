/** Where instances get what they live on: memory, and the log device of a disk log. */
import type { LogParameters } from './constructor-text.js';
import { createDiskLog, type DiskLog, type DiskLogFactory, type LogDeviceOwners } from './disk-log.js';
import type { EventSink } from './event.js';
import { type InstanceMemory, volatileMemory } from './instance-memory.js';
import type { LogDevice, OpenLogDevice } from './log-device.js';
import { Errno, LogError } from './log-error.js';
import type { InstanceResources } from './log-instance.js';

/** Which instance asks. */
export interface InstanceRequest {
  readonly uuid: string;
  readonly luid: bigint;
  readonly parameters: LogParameters;
  /** The kernel had this log already and rebuilds it. */
  readonly rebuild: boolean;
}

/** Gives an instance what it lives on. */
export interface ResourceProvider {
  /** @throws LogError when the log device is not fit; RangeError when memory is short. */
  open(request: InstanceRequest): InstanceResources;
}

/** Gives memory that outlives the daemon; `StateDirectory` does. */
export interface MemoryKeeper {
  /** @throws LogError when it has no room. */
  open(request: InstanceRequest): InstanceMemory;
}

/** What resources are made from; what is not given is left out. */
export interface ResourceOptions {
  /** Where memory outlives the daemon; without it, it goes with the process. */
  readonly state?: MemoryKeeper | undefined;
  readonly log?: EventSink | undefined;
  /** Without it disk logs are refused. */
  readonly openDevice?: OpenLogDevice | undefined;
  readonly createDiskLog?: DiskLogFactory | undefined;
}

/** The resources of all instances of a daemon. */
export class Resources implements ResourceProvider {
  readonly #state: MemoryKeeper | undefined;
  readonly #log: EventSink;
  readonly #openDevice: OpenLogDevice;
  readonly #createDiskLog: DiskLogFactory;
  readonly #owners: LogDeviceOwners = new Map<string, DiskLog>();

  constructor(options: ResourceOptions = {}) {
    this.#state = options.state;
    this.#log = options.log ?? (() => undefined);
    this.#openDevice = options.openDevice ?? noDevices;
    this.#createDiskLog = options.createDiskLog ?? createDiskLog;
  }

  open(request: InstanceRequest): InstanceResources {
    const { parameters, rebuild } = request;
    const device = parameters.device === undefined ? undefined : this.#openDevice(parameters.device);
    try {
      const memory = this.#state?.open(request) ?? volatileMemory(parameters);
      return { memory, disk: this.#openDisk(device, parameters, memory), rebuilt: rebuild };
    } catch (error) {
      device?.close();
      throw error;
    }
  }

  #openDisk(
    device: LogDevice | undefined,
    parameters: LogParameters,
    memory: InstanceMemory,
  ): DiskLog | undefined {
    if (device === undefined) return undefined;
    const { clean } = memory;
    try {
      return this.#createDiskLog({ device, clean, parameters, owners: this.#owners, log: this.#log });
    } catch (error) {
      // What an earlier daemon knew is still true when the device can be had again.
      memory.release(memory.restored);
      throw error;
    }
  }
}

function noDevices(word: string): never {
  throw new LogError(Errno.ENXIO, `log device ${word}: there are no log devices here`);
}
