/** The form and size of a reply: ERR-01, ERR-07, FLUSH-16 (spec 2.3, 2.4). */
import { expectedReplySize } from '../../ulog/index.js';
import { isReconnect } from '../../history/index.js';
import { EAGAIN, ESRCH } from '../errno.js';
import { deviate, succeeded, type Answered } from './answered.js';

/** MAX_ERRNO: what is below is no errno for the kernel. */
const LEAST_ERRNO = -4095;

/**
 * ERR-01: an error is a negative errno without data. Answers that ask for a repetition keep their size (spec
 * 2.5) and are judged by RECOV-14 and ERR-03.
 */
export function errorForm(answered: Answered): void {
  const { answer } = answered;
  const { error, form, dataSize } = answer;
  if (error === 0) return;
  if (error > 0 || error < LEAST_ERRNO) {
    deviate(answered, 'ERR-01', 'an error is a negative errno (a bare ack: a positive one)');
  } else if (form === 'full' && dataSize !== 0 && error !== ESRCH && error !== EAGAIN) {
    deviate(answered, 'ERR-01', 'an error reply carries no data (data_size 0)');
  }
}

/**
 * ERR-07: a good answer has exactly the size of table 2.4. Where another requirement names the size of a type
 * too, it is broken as well: FLUSH-16 (no data for MARK, CLEAR and FLUSH: data turns success into -ENOSPC),
 * SYNC-01, SYNC-04 and CTR-03 (a short answer leaves the kernel with whatever was on its stack).
 */
export function fixedSize(answered: Answered): void {
  const { exchange, answer } = answered;
  if (!succeeded(answered) || exchange.name === undefined) return;
  const { expected } = expectedReplySize(exchange.type, isReconnect(exchange));
  if (typeof expected !== 'number' || exchange.name === 'CTR' || answer.dataSize === expected) return;
  const text = `a good answer to ${exchange.name} carries ${expected} bytes`;
  deviate(answered, 'ERR-07', text);
  const named = namedSize(answered);
  if (named !== undefined) deviate(answered, named, text);
}

function namedSize({ exchange: { name } }: Answered): string | undefined {
  switch (name) {
    case 'MARK_REGION':
    case 'CLEAR_REGION':
    case 'FLUSH':
      return 'FLUSH-16';
    case 'IN_SYNC':
    case 'IS_CLEAN':
      return 'SYNC-01';
    case 'GET_RESYNC_WORK':
      return 'SYNC-04';
    case 'GET_REGION_SIZE':
      return 'CTR-03';
    default:
      return undefined;
  }
}
