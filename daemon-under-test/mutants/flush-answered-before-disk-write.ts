/** Breaks FLUSH-02: FLUSH is answered while its marks wait in memory; they reach the device at the suspend. */
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class WritesAtSuspend extends LogInstance {
  protected override commit(): void {
    // Later.
  }
}

export const mutation: Mutation = { createInstance: (...of) => new WritesAtSuspend(...of) };
