/** Breaks LUID-01: requests act on the newest log of the UUID, whatever luid they carry. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class LastCreatedWins extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const newest = this.instances.withUuid(request.uuid).at(-1) ?? log;
    return super.serve(name, request, name === 'DTR' ? log : newest);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new LastCreatedWins(instances, log),
};
