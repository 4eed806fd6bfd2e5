/** Breaks RECOV-08: `nosync` is applied once more when a log is rebuilt after a restart. */
import type { InstanceFactory } from '../reference/instances.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class OptionsAppliedAgain extends LogInstance {
  #rebuilt: boolean;

  constructor(...of: Parameters<InstanceFactory>) {
    super(...of);
    this.#rebuilt = of[3]?.rebuilt === true;
  }

  override resume(): void {
    super.resume();
    if (!this.#rebuilt || this.parameters.sync !== 'nosync') return;
    this.#rebuilt = false;
    this.sync.fill(true);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new OptionsAppliedAgain(...of),
};
