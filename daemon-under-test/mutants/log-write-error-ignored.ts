/** Breaks DISK-08: a write error of the log device is told to nobody, and FLUSH succeeds. */
import { DiskLog } from '../reference/disk-log.js';
import { LogError } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

class WriteErrorIgnored extends DiskLog {
  override commit(): void {
    try {
      super.commit();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      this.failed = false;
    }
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new WriteErrorIgnored(options) };
