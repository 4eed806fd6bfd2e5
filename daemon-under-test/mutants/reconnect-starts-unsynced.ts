/** Breaks RECOV-11: a log that the kernel rebuilds starts with no region in sync, whatever was known of it. */
import type { InstanceFactory } from '../reference/instances.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ReconnectStartsUnsynced extends LogInstance {
  #rebuilt: boolean;

  constructor(...of: Parameters<InstanceFactory>) {
    super(...of);
    this.#rebuilt = of[3]?.rebuilt === true;
  }

  override resume(): void {
    super.resume();
    if (!this.#rebuilt) return;
    this.#rebuilt = false;
    this.sync.fill(false);
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new ReconnectStartsUnsynced(...of),
};
