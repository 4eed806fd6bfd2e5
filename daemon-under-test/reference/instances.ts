/** The live instances, keyed by (uuid, luid): the uuid names the log, the luid the kernel's instance of it. */
import { Errno, LogError } from './log-error.js';
import type { LogParameters } from './constructor-text.js';
import { LogInstance } from './log-instance.js';
import { type ResourceProvider, Resources } from './resources.js';

/** Makes the instance for a CTR; a variant of the daemon passes its own. */
export type InstanceFactory = (...of: ConstructorParameters<typeof LogInstance>) => LogInstance;

/** The factory of the reference daemon. */
export const createLogInstance: InstanceFactory = (...of) => new LogInstance(...of);

/**
 * Finds, makes and forgets instances. Neither half of the key is enough: two instances of one uuid live at
 * once during every table swap, and luids are kernel addresses that other logs reuse (spec 6.2, LUID-10).
 */
export class InstanceRegistry {
  readonly #logs = new Map<string, Map<bigint, LogInstance>>();
  readonly #createInstance: InstanceFactory;
  readonly #resources: ResourceProvider;
  #size = 0;

  constructor(
    createInstance: InstanceFactory = createLogInstance,
    resources: ResourceProvider = new Resources(),
  ) {
    this.#createInstance = createInstance;
    this.#resources = resources;
  }

  /** Number of live instances. */
  get size(): number {
    return this.#size;
  }

  find(uuid: string, luid: bigint): LogInstance | undefined {
    return this.#logs.get(uuid)?.get(luid);
  }

  /** The live instances of one log, oldest first. */
  withUuid(uuid: string): LogInstance[] {
    return [...(this.#logs.get(uuid)?.values() ?? [])];
  }

  /**
   * Adds an instance under a key that must be free; `rebuild` when the kernel had it already.
   * @throws LogError that says what it lacks: memory, or the log device.
   */
  create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    const instance = this.#construct(uuid, luid, parameters, rebuild);
    let byLuid = this.#logs.get(uuid);
    if (byLuid === undefined) this.#logs.set(uuid, (byLuid = new Map<bigint, LogInstance>()));
    byLuid.set(luid, instance);
    this.#size += 1;
    return instance;
  }

  /** Destroys and forgets an instance, so that its luid can come back clean (LUID-09). */
  remove(instance: LogInstance): void {
    const byLuid = this.#logs.get(instance.uuid);
    if (byLuid?.delete(instance.luid) !== true) return;
    if (byLuid.size === 0) this.#logs.delete(instance.uuid);
    this.#size -= 1;
    instance.destroy();
  }

  #construct(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    try {
      const resources = this.#resources.open({ uuid, luid, parameters, rebuild });
      return this.#createInstance(uuid, luid, parameters, resources);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new LogError(Errno.ENOMEM, `no memory for ${parameters.regionCount} regions: ${error.message}`);
    }
  }
}
