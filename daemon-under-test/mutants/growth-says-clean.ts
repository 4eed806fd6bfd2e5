/** Breaks DISK-05: the regions that a log grows by are clean, though nobody said so. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class GrowthSaysClean extends DiskLog {
  protected override fillUnknown(from: number, inSync: boolean): void {
    super.fillUnknown(from, inSync || from > 0);
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new GrowthSaysClean(options) };
