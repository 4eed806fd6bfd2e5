/** Breaks LUID-03: DTR destroys the newest log of the UUID, which in a swap is the one that was just resumed. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class DtrTakesNewest extends Dispatcher {
  protected override destroy(request: UlogMessage, log: LogInstance): Reply {
    return super.destroy(request, this.instances.withUuid(log.uuid).at(-1) ?? log);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new DtrTakesNewest(instances, log),
};
