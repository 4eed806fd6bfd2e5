/** Breaks SYNC-11: the hint of a nosync log never advances, so that each write has to ask, as with cmirrord until 2010. */
import { LogInstance, type Recovering } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class NosyncHintAtZero extends LogInstance {
  override isRemoteRecovering(): Recovering {
    const answer = super.isRemoteRecovering();
    return this.parameters.sync === 'nosync' ? { ...answer, inSyncHint: 0 } : answer;
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new NosyncHintAtZero(...of),
};
