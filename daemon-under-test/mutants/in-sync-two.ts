/** Breaks SYNC-01: "in sync" is answered with a value other than 1, as cmirrord did until 2010. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class InSyncTwo extends LogInstance {
  override inSync(region: number): number {
    return super.inSync(region) * 2;
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new InSyncTwo(...of),
};
