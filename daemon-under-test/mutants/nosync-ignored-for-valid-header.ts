/** Breaks DISK-07: `sync` and `nosync` do not overrule a log that is on the device, as in cmirrord. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class OptionsIgnored extends DiskLog {
  protected override overrules(): boolean {
    return false;
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new OptionsIgnored(options) };
