/** Breaks LUID-11: a log that is made beside a live one takes over which regions are in sync. */
import { InstanceRegistry } from '../reference/instances.js';
import type { LogParameters } from '../reference/constructor-text.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class CopiesLiveState extends InstanceRegistry {
  override create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    const live = this.withUuid(uuid).at(-1);
    const fresh = super.create(uuid, luid, parameters, rebuild);
    const common = Math.min(live?.regionCount ?? 0, fresh.regionCount);
    for (let region = 0; region < common; region += 1)
      if (live?.inSync(region) === 1) fresh.setRegionSync(region, true);
    return fresh;
  }
}

export const mutation: Mutation = { createRegistry: (...of) => new CopiesLiveState(...of) };
