/** Breaks ERR-02: PRESUSPEND of an unknown log is answered -EAGAIN, at first. */
import type { RequestName, UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import type { Mutation } from './mutant-main.js';

const EAGAIN = 11;

class UnknownPresuspendAgain extends Dispatcher {
  #times = 0;

  protected override unknownInstance(name: Exclude<RequestName, 'CTR'>, request: UlogMessage): Reply {
    this.#times += name === 'PRESUSPEND' ? 1 : 0;
    if (name !== 'PRESUSPEND' || this.#times > 3) return super.unknownInstance(name, request);
    return { error: -EAGAIN, payload: Buffer.alloc(0) };
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new UnknownPresuspendAgain(instances, log),
};
