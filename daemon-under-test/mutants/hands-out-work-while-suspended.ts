/** Breaks SYNC-20: a suspended log hands out regions to recover. */
import { LogInstance, type Work } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class WorksWhileSuspended extends LogInstance {
  override getResyncWork(): Work {
    const region = this.sync.nextClear(0);
    return region === undefined || this.state !== 'suspended'
      ? super.getResyncWork()
      : { haveWork: 1, region };
  }
}

export const mutation: Mutation = { createInstance: (...of) => new WorksWhileSuspended(...of) };
