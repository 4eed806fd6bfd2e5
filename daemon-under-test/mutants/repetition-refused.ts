/** Breaks LVM-23: a request that the kernel sends again after 15 s is refused, because it was dealt with already. */
import { requestName, type RequestName, type UlogMessage } from '../../harness/ulog/index.js';
import { Dispatcher, type Reply } from '../reference/dispatch.js';
import { Errno, LogError } from '../reference/log-error.js';
import type { Mutation } from './mutant-main.js';

/** Of what belongs together the kernel makes no request twice by itself; what is not here it may well ask again. */
const GROUPS: readonly (readonly RequestName[])[] = [
  ['CTR', 'GET_REGION_SIZE', 'RESUME', 'PRESUSPEND', 'POSTSUSPEND', 'DTR'],
  ['GET_RESYNC_WORK', 'SET_REGION_SYNC'],
  ['MARK_REGION', 'CLEAR_REGION', 'FLUSH'],
  ['GET_SYNC_COUNT'],
];

class RepetitionRefused extends Dispatcher {
  readonly #latest = new Map<string, string>();

  protected override dispatch(request: UlogMessage): Reply {
    const name = requestName(request.requestType);
    const log = this.instances.find(request.uuid, request.luid);
    const group = GROUPS.findIndex((names) => name !== undefined && names.includes(name));
    // Of a log that is active the count is asked for again and again.
    const counted = name === 'GET_SYNC_COUNT' && log?.state !== 'pending';
    if (group < 0 || counted) return super.dispatch(request);
    const key = `${group} ${request.luid} ${request.uuid}`;
    const text = `${String(name)} ${Buffer.from(request.payload).toString('hex')}`;
    if (this.#latest.get(key) === text) throw new LogError(Errno.EINVAL, `${String(name)} once more`);
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
