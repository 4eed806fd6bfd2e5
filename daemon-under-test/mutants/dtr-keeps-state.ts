/** Breaks SYNC-08: what a log knew outlives its DTR, and the next log of the UUID starts with it. */
import { InstanceRegistry } from '../reference/instances.js';
import type { LogParameters } from '../reference/constructor-text.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class KeepsState extends InstanceRegistry {
  /** Regions that the last log of each UUID had in sync. */
  readonly #kept = new Map<string, readonly number[]>();

  override create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    const fresh = super.create(uuid, luid, parameters, rebuild);
    for (const region of this.#kept.get(uuid) ?? [])
      if (region < fresh.regionCount) fresh.setRegionSync(region, true);
    return fresh;
  }

  override remove(instance: LogInstance): void {
    const regions = Array.from({ length: instance.regionCount }, (_unused, region) => region);
    this.#kept.set(
      instance.uuid,
      regions.filter((region) => instance.inSync(region) === 1),
    );
    super.remove(instance);
  }
}

export const mutation: Mutation = { createRegistry: (...of) => new KeepsState(...of) };
