/** Breaks RECOV-03: the RESUME behind the CTR of a rebuild is refused, as if a log had to be resumed only once. */
import { decodeConstructorText, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { Errno, LogError } from '../reference/log-error.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class RebuildResumeRefused extends Dispatcher {
  readonly #rebuilt = new WeakSet<LogInstance>();

  protected override construct(request: UlogMessage): Reply {
    const reply = super.construct(request);
    const log = this.instances.find(request.uuid, request.luid);
    if (log !== undefined && decodeConstructorText(request.payload).reconnect) this.#rebuilt.add(log);
    return reply;
  }

  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    if (name !== 'RESUME' || !this.#rebuilt.delete(log)) return super.serve(name, request, log);
    super.serve(name, request, log);
    throw new LogError(Errno.EINVAL, 'the log is resumed already');
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new RebuildResumeRefused(instances, log),
};
