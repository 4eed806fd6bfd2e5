/** Breaks SUSP-02: between PRESUSPEND and POSTSUSPEND no mark is taken any more. */
import { Errno, LogError } from '../reference/log-error.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class QuiescingRefusesMarks extends LogInstance {
  override mark(regions: readonly number[]): void {
    if (this.state === 'quiescing') throw new LogError(Errno.EINVAL, 'the log is being suspended');
    super.mark(regions);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new QuiescingRefusesMarks(...of),
};
