/** Breaks LUID-01: a log that is made beside another one of its UUID gets the region size and count of that one. */
import { InstanceRegistry } from '../reference/instances.js';
import type { LogParameters } from '../reference/constructor-text.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ParametersOfFirst extends InstanceRegistry {
  override create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    const [first] = this.withUuid(uuid);
    return super.create(uuid, luid, first?.parameters ?? parameters, rebuild);
  }
}

export const mutation: Mutation = { createRegistry: (...of) => new ParametersOfFirst(...of) };
