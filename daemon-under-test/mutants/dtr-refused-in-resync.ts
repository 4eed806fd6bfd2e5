/** Breaks LVM-21: DTR of a log that has regions to recover is refused, and the log stays. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import { Errno } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

class DtrRefusedInResync extends Dispatcher {
  protected override destroy(request: UlogMessage, log: LogInstance): Reply {
    if (log.syncCount() === log.regionCount) return super.destroy(request, log);
    return { error: -Errno.EINVAL, payload: new Uint8Array() };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new DtrRefusedInResync(instances, log),
};
