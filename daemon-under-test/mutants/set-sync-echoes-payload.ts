/** Breaks ERR-07: SET_REGION_SYNC is answered with the payload that came. */
import type { UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SetSyncEchoesPayload extends Dispatcher {
  protected override setRegionSync(request: UlogMessage, log: LogInstance): Reply {
    return { ...super.setRegionSync(request, log), payload: Buffer.from(request.payload) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new SetSyncEchoesPayload(instances, log),
};
