/** Breaks LUID-12: a log that another one has replaced still writes its bitmap when it is flushed. */
import { DiskLog } from '../reference/disk-log.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class WritesWithoutOwning extends DiskLog {
  override get owned(): boolean {
    return true;
  }
}

class LateFlushWrites extends LogInstance {
  override flush(regions: readonly number[]): void {
    super.flush(regions);
    if (this.state === 'suspended') this.disk?.rewrite();
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new WritesWithoutOwning(options),
  createInstance: (...of) => new LateFlushWrites(...of),
};
