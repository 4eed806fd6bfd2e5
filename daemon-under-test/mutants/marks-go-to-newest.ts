/** Breaks FLUSH-02: MARK_REGION marks the newest log of the UUID, so a live log beside a loaded one loses its marks. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class MarksGoToNewest extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const newest = this.instances.withUuid(request.uuid).at(-1) ?? log;
    return super.serve(name, request, name === 'MARK_REGION' ? newest : log);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new MarksGoToNewest(instances, log),
};
