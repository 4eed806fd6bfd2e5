/** Breaks LUID-01: requests act on the oldest log of the UUID, whatever luid they carry. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class FirstCreatedWins extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const oldest = this.instances.withUuid(request.uuid)[0] ?? log;
    return super.serve(name, request, name === 'DTR' ? log : oldest);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new FirstCreatedWins(instances, log),
};
