/** Breaks LUID-01: RESUME of a log destroys the others of its UUID, before the kernel has taken its leave of them. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ResumeDestroysOld extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const reply = super.serve(name, request, log);
    if (name !== 'RESUME') return reply;
    for (const other of this.instances.withUuid(log.uuid)) if (other !== log) this.instances.remove(other);
    return reply;
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new ResumeDestroysOld(instances, log),
};
