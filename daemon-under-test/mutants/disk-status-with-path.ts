/** Breaks STAT-01: the status of a disk log names a path instead of major:minor. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class DiskStatusWithPath extends LogInstance {
  override statusInfo(): string {
    return super.statusInfo().replace(/\d+:\d+/, '/dev/log');
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new DiskStatusWithPath(...of),
};
