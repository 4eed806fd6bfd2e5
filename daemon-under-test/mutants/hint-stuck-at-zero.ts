/** Breaks SYNC-10: the in-sync hint never advances, so every write has to ask and to wait. */
import { LogInstance, type Recovering } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class HintStuckAtZero extends LogInstance {
  override isRemoteRecovering(): Recovering {
    return { ...super.isRemoteRecovering(), inSyncHint: 0 };
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new HintStuckAtZero(...of),
};
