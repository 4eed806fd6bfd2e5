/** Breaks ERR-03: a FLUSH after POSTSUSPEND is answered as if the log were not known. */
import { Errno, LogError } from '../reference/log-error.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class LateFlushUnknown extends LogInstance {
  override flush(regions: readonly number[]): void {
    if (this.state === 'suspended') throw new LogError(Errno.ESRCH, 'the log is suspended');
    super.flush(regions);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new LateFlushUnknown(...of),
};
