/** Breaks LUID-01: SET_REGION_SYNC reaches every log of the UUID, also one that is only loaded. */
import { decodeRegionSync, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SyncReportedToAll extends Dispatcher {
  protected override setRegionSync(request: UlogMessage, log: LogInstance): Reply {
    const reply = super.setRegionSync(request, log);
    const { region, inSync } = decodeRegionSync(request.payload);
    for (const other of this.instances.withUuid(log.uuid))
      if (other !== log && region < other.regionCount) other.setRegionSync(Number(region), inSync === 1n);
    return reply;
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new SyncReportedToAll(instances, log),
};
