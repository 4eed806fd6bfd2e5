/** Breaks RECOV-04: every CTR of a disk log is answered with the name of its device, as by cmirrord. */
import { encodeText, decodeConstructorText, type UlogMessage } from '../../harness/ulog/index.js';
import { parseConstructorText } from '../reference/constructor-text.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class ReturnsDevice extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const reply = super.construct(request);
    const { device } = parseConstructorText(decodeConstructorText(request.payload).text);
    return device === undefined ? reply : { ...reply, payload: encodeText(device, true) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new ReturnsDevice(instances, log),
};
