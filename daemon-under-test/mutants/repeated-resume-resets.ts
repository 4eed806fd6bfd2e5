/** Breaks SUSP-13: RESUME of an active log starts it anew from its options. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class RepeatedResumeResets extends LogInstance {
  override resume(): void {
    const again = this.state === 'active';
    super.resume();
    if (again) this.sync.fill(this.parameters.sync === 'nosync');
  }
}

export const mutation: Mutation = { createInstance: (...of) => new RepeatedResumeResets(...of) };
