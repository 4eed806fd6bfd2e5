/** Breaks RECOV-13: an unknown log is said to be out of sync, instead of being asked for again. */
import { encodeS64, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class UnknownLogNotInSync extends Dispatcher {
  protected override unknownInstance(name: Exclude<RequestName, 'CTR'>, request: UlogMessage): Reply {
    if (name !== 'IN_SYNC') return super.unknownInstance(name, request);
    return { error: 0, payload: encodeS64(0n) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new UnknownLogNotInSync(instances, log),
};
