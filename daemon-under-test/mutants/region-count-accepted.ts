/** Breaks ERR-05: IN_SYNC of region region_count, one beyond the last, is answered, as by cmirrord until 2026. */
import { encodeS64, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class RegionCountAccepted extends Dispatcher {
  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    const { payload } = request;
    if (name === 'IN_SYNC' && payload.length === 8) {
      const region = Buffer.from(payload).readBigUInt64LE(0);
      if (region === BigInt(log.regionCount)) return { error: 0, payload: encodeS64(0n) };
    }
    return super.serve(name, request, log);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new RegionCountAccepted(instances, log),
};
