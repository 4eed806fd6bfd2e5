/** Breaks SYNC-08: the first region that was recovered is handed out once more. */
import { LogInstance, type Work } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class HandsARegionTwice extends LogInstance {
  #again: 'not yet' | 'now' | 'done' = 'not yet';
  #first = 0;

  override setRegionSync(region: number, inSync: boolean): void {
    super.setRegionSync(region, inSync);
    if (this.#again === 'now') this.#again = 'done';
    if (this.#again === 'not yet' && inSync) {
      this.#again = 'now';
      this.#first = region;
    }
  }

  override getResyncWork(): Work {
    return this.#again === 'now' && this.state === 'active'
      ? { haveWork: 1, region: this.#first }
      : super.getResyncWork();
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new HandsARegionTwice(...of),
};
