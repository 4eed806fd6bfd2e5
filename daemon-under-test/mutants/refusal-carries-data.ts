/** Breaks ERR-01: a refusal has the payload of the request it refuses. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class RefusalCarriesData extends Dispatcher {
  override handle(request: UlogMessage): Reply {
    const reply = super.handle(request);
    return reply.error === 0 ? reply : { ...reply, payload: Buffer.from(request.payload) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new RefusalCarriesData(instances, log),
};
