/** Breaks STAT-04: the status of a suspended log is refused, as cmirrord does. */
import { Errno, LogError } from '../reference/log-error.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SuspendedStatusRefused extends LogInstance {
  override statusInfo(): string {
    if (this.state === 'suspended') throw new LogError(Errno.EINVAL, 'the log is suspended');
    return super.statusInfo();
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new SuspendedStatusRefused(...of),
};
