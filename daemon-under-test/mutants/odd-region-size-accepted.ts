/** Breaks CTR-05: a region size that is no power of two is rounded down to one. */
import { decodeConstructorText, encodeConstructorText, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class OddRegionSizeAccepted extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const { text, reconnect } = decodeConstructorText(request.payload);
    const rounded = text.replace(/(clustered-core) (\d+)/, (_all, type: string, size: string) =>
      Number(size) > 0 ? `${type} ${2 ** Math.floor(Math.log2(Number(size)))}` : `${type} ${size}`,
    );
    const payload = encodeConstructorText({ text: rounded, reconnect });
    return super.construct({ ...request, payload, dataSize: payload.length });
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new OddRegionSizeAccepted(instances, log),
};
