/** Breaks FLUSH-09: the marks that a FLUSH carries are not taken, as with cmirrord. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class PayloadFlushIgnored extends LogInstance {
  override flush(): void {
    super.flush([]);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new PayloadFlushIgnored(...of),
};
