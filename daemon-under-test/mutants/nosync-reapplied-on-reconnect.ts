/** Breaks RECOV-08: `nosync` is applied again to a log that the kernel rebuilds, so that dirty regions become clean. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ReappliesNosync extends LogInstance {
  override resume(): void {
    super.resume();
    if (!this.rebuilt || this.parameters.sync !== 'nosync') return;
    for (let region = 0; region < this.regionCount; region++) {
      this.sync.set(region, true);
      this.setClean(region, true);
    }
    this.commit();
  }
}

export const mutation: Mutation = { createInstance: (...of) => new ReappliesNosync(...of) };
