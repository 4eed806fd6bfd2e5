/** Breaks SUSP-03: what comes after POSTSUSPEND is refused. */
import { Errno, LogError } from '../reference/log-error.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class LateClearRefused extends LogInstance {
  override clear(regions: readonly number[]): void {
    if (this.state === 'suspended') throw new LogError(Errno.EINVAL, 'the log is suspended');
    super.clear(regions);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new LateClearRefused(...of),
};
