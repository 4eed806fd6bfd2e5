/** Breaks CTR-06: `clustered_core` is taken for `clustered-core`, as cmirrord did with the other type. */
import { decodeConstructorText, encodeConstructorText, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class UnderscoreAccepted extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const { text, reconnect } = decodeConstructorText(request.payload);
    const payload = encodeConstructorText({ text: text.replace('_', '-'), reconnect });
    return super.construct({ ...request, payload, dataSize: payload.length });
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new UnderscoreAccepted(instances, log),
};
