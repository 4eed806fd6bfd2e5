/** Breaks LUID-11: a pending log reports the sync count of the live one with its UUID. */
import { encodeU64, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class LiveCountForPending extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    if (name !== 'GET_SYNC_COUNT' || log.state !== 'pending') return super.serve(name, request, log);
    const live = this.instances.withUuid(log.uuid).find(({ state }) => state !== 'pending') ?? log;
    return { error: 0, payload: encodeU64(BigInt(live.syncCount())) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new LiveCountForPending(instances, log),
};
