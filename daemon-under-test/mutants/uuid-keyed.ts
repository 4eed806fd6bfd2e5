/** Breaks LUID-03: one log per UUID, as if luids did not exist; the one created last is it. */
import { InstanceRegistry } from '../reference/instances.js';
import type { LogParameters } from '../reference/constructor-text.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class UuidKeyed extends InstanceRegistry {
  override find(uuid: string): LogInstance | undefined {
    return this.withUuid(uuid).at(-1);
  }

  override create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    for (const old of this.withUuid(uuid)) this.remove(old);
    return super.create(uuid, luid, parameters, rebuild);
  }
}

export const mutation: Mutation = { createRegistry: (...of) => new UuidKeyed(...of) };
