/** Breaks RECOV-08: `nosync` and `sync` are applied once more when a log is rebuilt after a restart. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskOptionsAgain extends DiskLog {
  override load(): void {
    super.load('constructed');
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskOptionsAgain(options),
};
