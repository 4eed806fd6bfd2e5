/** Breaks LVM-09: a disk log is written, and taken for blank whenever it should be read. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskLogNeverRead extends DiskLog {
  protected override knownRegions(): number {
    return 0;
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new DiskLogNeverRead(options) };
