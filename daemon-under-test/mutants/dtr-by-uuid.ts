/** Breaks LUID-02: DTR of one log takes every log of its UUID with it. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class DtrByUuid extends Dispatcher {
  protected override destroy(request: UlogMessage, log: LogInstance): Reply {
    for (const other of this.instances.withUuid(log.uuid)) if (other !== log) this.instances.remove(other);
    return super.destroy(request, log);
  }
}

export const mutation: Mutation = { createDispatcher: (instances, log) => new DtrByUuid(instances, log) };
