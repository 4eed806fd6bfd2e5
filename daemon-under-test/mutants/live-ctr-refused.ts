/** Breaks RECOV-02: CTR of a log that is alive is refused, as cmirrord does. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { Errno, LogError } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

class LiveCtrRefused extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const existing = this.instances.find(request.uuid, request.luid);
    if (existing?.state === 'active') throw new LogError(Errno.EINVAL, 'the log exists');
    return super.construct(request);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new LiveCtrRefused(instances, log),
};
