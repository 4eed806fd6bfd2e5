/** Breaks SYNC-08: region 1 is taken for in sync as soon as region 0 is, without having been recovered. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SkipsARegion extends LogInstance {
  override setRegionSync(region: number, inSync: boolean): void {
    super.setRegionSync(region, inSync);
    if (region === 0 && inSync && this.regionCount > 1) this.sync.set(1, true);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new SkipsARegion(...of),
};
