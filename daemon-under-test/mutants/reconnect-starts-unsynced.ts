/** Breaks RECOV-11: a log that the kernel rebuilds starts with no region in sync, whatever its table says. */
import { decodeConstructorText, encodeConstructorText, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class ReconnectStartsUnsynced extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const { text, reconnect } = decodeConstructorText(request.payload);
    const payload = encodeConstructorText({
      text: reconnect ? text.replace(' nosync', '') : text,
      reconnect,
    });
    return super.construct({ ...request, payload, dataSize: payload.length });
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new ReconnectStartsUnsynced(instances, log),
};
