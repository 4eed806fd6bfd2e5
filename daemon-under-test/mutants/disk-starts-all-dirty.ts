/** Breaks DISK-06: a log that is loaded without `sync` or `nosync` takes every region on its device for dirty. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class StartsAllDirty extends DiskLog {
  protected override knownRegions(): number {
    return 0;
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new StartsAllDirty(options) };
