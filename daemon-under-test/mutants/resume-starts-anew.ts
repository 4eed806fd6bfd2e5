/** Breaks LVM-08: a log that is resumed after a suspend has forgotten which regions are in sync. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ResumeStartsAnew extends LogInstance {
  override resume(): void {
    const wasSuspended = this.state === 'suspended';
    super.resume();
    if (wasSuspended) this.sync.fill(false);
  }
}

export const mutation: Mutation = { createInstance: (...of) => new ResumeStartsAnew(...of) };
