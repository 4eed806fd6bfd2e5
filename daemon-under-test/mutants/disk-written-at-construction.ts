/** Breaks CTR-21: the log device is read and written when the log is constructed. */
import { DiskLog, type DiskLogOptions } from '../reference/disk-log.js';
import type { Mutation } from './mutant-main.js';

class DiskWrittenAtConstruction extends DiskLog {
  constructor(options: DiskLogOptions) {
    super(options);
    this.claim();
    this.load('constructed');
    this.rewrite();
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new DiskWrittenAtConstruction(options),
};
