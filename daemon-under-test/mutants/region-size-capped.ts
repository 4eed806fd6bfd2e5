/** Breaks CTR-03: regions larger than 128 sectors are reported as 128 sectors. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class RegionSizeCapped extends LogInstance {
  override get regionSize(): number {
    return Math.min(super.regionSize, 128);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new RegionSizeCapped(...of),
};
