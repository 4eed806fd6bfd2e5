/** Breaks LUID-03: PRESUSPEND halts recovery for the UUID, until the very log that was suspended is resumed. */
import { encodeResyncWork, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class SuspendByUuid extends Dispatcher {
  readonly #halted = new Map<string, LogInstance>();

  protected override serve(name: Exclude<RequestName, 'CTR'>, request: UlogMessage, log: LogInstance): Reply {
    if (name === 'PRESUSPEND') this.#halted.set(log.uuid, log);
    if (name === 'RESUME' && this.#halted.get(log.uuid) === log) this.#halted.delete(log.uuid);
    if (name === 'GET_RESYNC_WORK' && this.#halted.has(log.uuid))
      return { error: 0, payload: encodeResyncWork({ haveWork: 0n, region: 0n }) };
    return super.serve(name, request, log);
  }

  protected override destroy(request: UlogMessage, log: LogInstance): Reply {
    const reply = super.destroy(request, log);
    // Else a mirror that is removed and made again would not work, with or without a swap.
    if (this.instances.withUuid(log.uuid).length === 0) this.#halted.delete(log.uuid);
    return reply;
  }
}

export const mutation: Mutation = { createDispatcher: (instances, log) => new SuspendByUuid(instances, log) };
