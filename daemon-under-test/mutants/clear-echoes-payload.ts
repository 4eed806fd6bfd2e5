/** Breaks FLUSH-16: CLEAR is answered with the payload that came, for which the kernel has no room. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class ClearEchoesPayload extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const reply = super.serve(name, request, log);
    return name === 'CLEAR_REGION' ? { ...reply, payload: Buffer.from(request.payload) } : reply;
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new ClearEchoesPayload(instances, log),
};
