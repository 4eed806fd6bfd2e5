/** Breaks CTR-23: no CTR is answered with the log device, so that neither the kernel nor LVM knows of it. */
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class TellsNoDevice extends Dispatcher {
  protected override constructed(): Reply {
    return { error: 0, payload: Buffer.alloc(0) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new TellsNoDevice(instances, log),
};
