/** Breaks SYNC-07: a pending nosync log counts whole words of 32 bits, as cmirrord does. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class CountWithPadding extends LogInstance {
  override syncCount(): number {
    const pendingNosync = this.state === 'pending' && this.parameters.sync === 'nosync';
    return pendingNosync ? Math.ceil(this.regionCount / 32) * 32 : super.syncCount();
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new CountWithPadding(...of),
};
