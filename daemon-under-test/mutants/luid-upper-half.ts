/**
 * Breaks LUID-08: only the upper 32 bits of a luid are kept. luids are kernel addresses, and those of one small
 * machine are alike in that half; cut to the lower half, they would still differ, and nobody could see it.
 */
import { InstanceRegistry } from '../reference/instances.js';
import type { LogParameters } from '../reference/constructor-text.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class UpperHalf extends InstanceRegistry {
  override find(uuid: string, luid: bigint): LogInstance | undefined {
    return super.find(uuid, luid >> 32n);
  }

  override create(uuid: string, luid: bigint, parameters: LogParameters, rebuild: boolean): LogInstance {
    return super.create(uuid, luid >> 32n, parameters, rebuild);
  }
}

export const mutation: Mutation = { createRegistry: (...of) => new UpperHalf(...of) };
