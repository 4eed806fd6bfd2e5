/** Breaks DISK-04: all regions of a log whose device is blank start clean. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskBlankIsClean extends DiskLog {
  protected override fillUnknown(from: number, inSync: boolean): void {
    super.fillUnknown(from, inSync || from === 0);
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskBlankIsClean(options),
};
