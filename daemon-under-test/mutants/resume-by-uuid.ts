/** Breaks LUID-03: RESUME wakes every suspended log of the UUID, so the old one of a swap takes the log device back. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ResumeByUuid extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const reply = super.serve(name, request, log);
    if (name !== 'RESUME') return reply;
    for (const other of this.instances.withUuid(log.uuid)) if (other.state === 'suspended') other.resume();
    return reply;
  }
}

export const mutation: Mutation = { createDispatcher: (instances, log) => new ResumeByUuid(instances, log) };
