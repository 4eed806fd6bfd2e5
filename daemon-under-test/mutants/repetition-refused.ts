/** Breaks LVM-23: a request that the kernel sends again after 15 s is refused, because it was dealt with already. */
import { requestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { Errno, LogError } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

/** What the kernel asks twice in a row by itself. */
const QUESTIONS = ['IN_SYNC', 'IS_CLEAN', 'IS_REMOTE_RECOVERING', 'STATUS_INFO', 'STATUS_TABLE'];

class RepetitionRefused extends Dispatcher {
  readonly #latest = new Map<string, string>();

  protected override dispatch(request: UlogMessage): Reply {
    const name = requestName(request.requestType) ?? '';
    const log = this.instances.find(request.uuid, request.luid);
    const asked = name === 'GET_SYNC_COUNT' && log?.state !== 'pending';
    if (asked || QUESTIONS.includes(name)) return super.dispatch(request);
    const key = `${request.luid} ${request.uuid}`;
    const text = `${name} ${Buffer.from(request.payload).toString('hex')}`;
    if (this.#latest.get(key) === text) throw new LogError(Errno.EINVAL, `${name} once more`);
    const reply = super.dispatch(request);
    // Without work the kernel asks again.
    const idle = name === 'GET_RESYNC_WORK' && reply.payload.every((byte) => byte === 0);
    this.#latest.set(key, idle ? '' : text);
    return reply;
  }
}

export const mutation: Mutation = {
  createDispatcher: (instances, log) => new RepetitionRefused(instances, log),
};
