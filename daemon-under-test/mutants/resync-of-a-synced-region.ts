/** Breaks SYNC-04: when no work is left, region 0 is handed out, although it is in sync. */
import { LogInstance, type Work } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ResyncOfASyncedRegion extends LogInstance {
  #done = false;

  override getResyncWork(): Work {
    const work = super.getResyncWork();
    if (work.haveWork === 1 || this.state !== 'active' || this.#done) return work;
    this.#done = true;
    return { haveWork: 1, region: 0 };
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new ResyncOfASyncedRegion(...of),
};
