/** Breaks LUID-12: FLUSH of a log that was swapped out writes its old bitmap over the state of the new one. */
import { DiskLog } from '../reference/disk-log.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class OwnsForEver extends DiskLog {
  override get owned(): boolean {
    return true;
  }
}

class WritesWhileSuspended extends LogInstance {
  protected override commit(): void {
    if (this.state === 'suspended') this.disk?.rewrite();
    else super.commit();
  }
}

export const mutation: Mutation = {
  createDiskLog: (options) => new OwnsForEver(options),
  createInstance: (...of) => new WritesWhileSuspended(...of),
};
