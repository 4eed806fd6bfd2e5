/** Breaks RECOV-14: a log of an earlier daemon is an error instead of a reason to rebuild it. */
import { Errno, LogError } from '../reference/log-error.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

class UnknownLogInvalid extends Dispatcher {
  protected override unknownInstance(): Reply {
    throw new LogError(Errno.EINVAL, 'no such log instance');
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new UnknownLogInvalid(instances, log),
};
