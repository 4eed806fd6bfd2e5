/** Where instances get what they live on: memory, and the log device of a disk log. */
import type { LogParameters } from './constructor-text.js';
import { createDiskLog, type DiskLog, type DiskLogFactory, type LogDeviceOwners } from './disk-log.js';
import type { EventSink } from './event.js';
import { type InstanceMemory, volatileMemory } from './instance-memory.js';
import type { OpenLogDevice } from './log-device.js';
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

/** What resources are made from; what is not given is left out. */
export interface ResourceOptions {
  readonly log?: EventSink | undefined;
  /** Without it disk logs are refused. */
  readonly openDevice?: OpenLogDevice | undefined;
  readonly createDiskLog?: DiskLogFactory | undefined;
}

/** The resources of all instances of a daemon. */
export class Resources implements ResourceProvider {
  readonly #log: EventSink;
  readonly #openDevice: OpenLogDevice;
  readonly #createDiskLog: DiskLogFactory;
  readonly #owners: LogDeviceOwners = new Map<string, DiskLog>();

  constructor(options: ResourceOptions = {}) {
    this.#log = options.log ?? (() => undefined);
    this.#openDevice = options.openDevice ?? noDevices;
    this.#createDiskLog = options.createDiskLog ?? createDiskLog;
  }

  open({ parameters, rebuild }: InstanceRequest): InstanceResources {
    const memory = volatileMemory(parameters);
    return { memory, disk: this.#openDisk(parameters, memory), rebuilt: rebuild };
  }

  #openDisk(parameters: LogParameters, { clean }: InstanceMemory): DiskLog | undefined {
    if (parameters.device === undefined) return undefined;
    const device = this.#openDevice(parameters.device);
    try {
      return this.#createDiskLog({ device, clean, parameters, owners: this.#owners, log: this.#log });
    } catch (error) {
      device.close();
      throw error;
    }
  }
}

function noDevices(word: string): never {
  throw new LogError(Errno.ENXIO, `log device ${word}: there are no log devices here`);
}
