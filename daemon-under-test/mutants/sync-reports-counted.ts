/** Breaks SYNC-06: the sync count counts reports of regions in sync, not regions. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SyncReportsCounted extends LogInstance {
  #extra = 0;

  override setRegionSync(region: number, inSync: boolean): void {
    const before = this.sync.count;
    super.setRegionSync(region, inSync);
    // What a plain "plus one, minus one" would have made of it.
    this.#extra += (inSync ? 1 : -1) - (this.sync.count - before);
  }

  override syncCount(): number {
    return Math.max(0, super.syncCount() + this.#extra);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new SyncReportsCounted(...of),
};
