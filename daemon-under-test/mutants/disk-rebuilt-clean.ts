/** Breaks RECOV-07: a disk log that is rebuilt after a restart counts all its regions as clean. */
import type { InstanceFactory } from '../reference/instances.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class DiskRebuiltClean extends LogInstance {
  #rebuilt: boolean;

  constructor(...of: Parameters<InstanceFactory>) {
    super(...of);
    this.#rebuilt = of[3]?.rebuilt === true;
  }

  override resume(): void {
    super.resume();
    if (!this.#rebuilt) return;
    this.#rebuilt = false;
    this.clean.fill(true);
    this.disk?.rewrite();
  }
}

export const mutation: Mutation = {
  createInstance: (...of) => new DiskRebuiltClean(...of),
};
