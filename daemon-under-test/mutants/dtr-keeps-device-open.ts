/** Breaks LVM-21: the log device stays open after DTR, so that nobody can take it away. */
import { DiskLog } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DtrKeepsDeviceOpen extends DiskLog {
  override close(): void {
    // Forgotten.
  }
}

export const mutation: Mutation = { createDiskLog: (options) => new DtrKeepsDeviceOpen(options) };
