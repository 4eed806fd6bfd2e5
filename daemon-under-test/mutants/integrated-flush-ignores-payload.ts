/** Breaks FLUSH-09: the regions that an integrated FLUSH lists are not marked, as in cmirrord. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class IgnoresPayload extends LogInstance {
  override flush(): void {
    super.flush([]);
  }
}

export const mutation: Mutation = { createInstance: (...of) => new IgnoresPayload(...of) };
