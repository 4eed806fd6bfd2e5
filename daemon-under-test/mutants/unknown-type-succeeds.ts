/** Breaks ERR-04: a request of a type that nobody knows is answered with success. */
import { requestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class UnknownTypeSucceeds extends Dispatcher {
  protected override dispatch(request: UlogMessage): Reply {
    const known = requestName(request.requestType) !== undefined;
    return known ? super.dispatch(request) : { error: 0, payload: new Uint8Array(0) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new UnknownTypeSucceeds(instances, log),
};
