/** Breaks FLUSH-02: FLUSH is answered, and the log device written at the suspend. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class FlushAnsweredUnwritten extends LogInstance {
  protected override commit(): void {
    // The next POSTSUSPEND does it.
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new FlushAnsweredUnwritten(...of),
};
