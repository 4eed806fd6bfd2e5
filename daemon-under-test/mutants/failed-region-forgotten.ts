/** Breaks SYNC-17: a region that a failed write took out of sync is never offered again. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class FailedRegionForgotten extends LogInstance {
  readonly #failed = new Set<number>();

  override setRegionSync(region: number, inSync: boolean): void {
    super.setRegionSync(region, inSync);
    if (!inSync) this.#failed.add(region);
  }

  override resume(): void {
    super.resume();
    for (const region of this.#failed) this.sync.set(region, true);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new FailedRegionForgotten(...of),
};
