/** Breaks RECOV-07: a log that is rebuilt after a restart counts all its regions as clean. */
import { DiskLog, type LoadMode } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskRebuiltClean extends DiskLog {
  override load(mode: LoadMode): void {
    super.load(mode);
    if (mode === 'again') this.clean.fill(true);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskRebuiltClean(options),
};
