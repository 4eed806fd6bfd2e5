/** Breaks DISK-05: regions that a log grows by start clean. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskGrowthIsClean extends DiskLog {
  protected override fillUnknown(from: number, inSync: boolean): void {
    super.fillUnknown(from, inSync || from > 0);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskGrowthIsClean(options),
};
