/** Breaks FLUSH-19: CLEAR makes a region clean although it was never recovered. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ClearsUnsynced extends LogInstance {
  override clear(regions: readonly number[]): void {
    for (const region of regions) this.setClean(region, true);
  }
}

export const mutation: Mutation = { createInstance: (...of) => new ClearsUnsynced(...of) };
