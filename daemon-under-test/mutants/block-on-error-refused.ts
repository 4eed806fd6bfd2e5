/** Breaks CTR-04: `block_on_error` is taken for an unknown word. */
import { decodeConstructorText, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { Errno, LogError } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

class BlockOnErrorRefused extends Dispatcher {
  protected override construct(request: UlogMessage): Reply {
    const { text } = decodeConstructorText(request.payload);
    if (text.includes('block_on_error')) throw new LogError(Errno.EINVAL, 'unknown word block_on_error');
    return super.construct(request);
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new BlockOnErrorRefused(instances, log),
};
