/** Breaks LUID-03: RESUME reaches the oldest log of the UUID, so the new one of a swap stays pending. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ResumeIgnoresLuid extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const oldest = this.instances.withUuid(request.uuid)[0] ?? log;
    return super.serve(name, request, name === 'RESUME' ? oldest : log);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new ResumeIgnoresLuid(instances, log),
};
