/** Breaks SYNC-02: the first answer about a region that is in sync is 0, later ones are 1. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class InSyncFlickers extends LogInstance {
  readonly #asked = new Set<number>();

  override inSync(region: number): number {
    const answer = super.inSync(region);
    if (answer === 0 || this.#asked.has(region)) return answer;
    this.#asked.add(region);
    return 0;
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new InSyncFlickers(...of),
};
