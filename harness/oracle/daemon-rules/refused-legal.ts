/**
 * Error answers to legal requests of a log that the daemon knows. Which requirement that breaks:
 *
 * 1. RECOV-02, RECOV-03, CTR-09, CTR-19: a CTR of a pair that it knew before;
 * 2. LUID-01 to LUID-04: another instance of the same uuid overlapped (blame.ts), LUID-09: a luid that is used
 *    again;
 * 3. ERR-03: -ESRCH or -EAGAIN, which the kernel does not take for an error (spec 2.5);
 * 4. else the requirement that describes the good answer of that type in that state.
 */
import { isReconnect } from '../../history/index.js';
import { blameLuid } from '../blame.js';
import { CORE, DISK } from '../constructor-text.js';
import { EAGAIN, EIO, ESRCH } from '../errno.js';
import * as payloads from '../payloads.js';
import { deviate, isKnown, isLegal, isSurely, type Answered } from './answered.js';

/** 4 KiB, in sectors: nobody needs smaller regions, and a daemon may say so. */
const USUAL_REGION = 8;
const USUAL_COUNT = 2 ** 20;

/** See the head of this file. */
export function refusedLegal(answered: Answered): void {
  const { exchange, answer, model, life, lives, from, to } = answered;
  if (answer.error >= 0 || wasDestroyed(answered)) return;
  const id = exchange.name === 'CTR' ? refusedConstruction(answered) : undefined;
  if (exchange.name === 'CTR' && id === undefined) return;
  if (id === undefined && !isJudged(answered)) return;
  const luid = id ?? blameLuid(lives, life, exchange.name, from) ?? reusedLuid(answered);
  const again = answer.error === ESRCH || answer.error === EAGAIN;
  deviate(
    answered,
    luid ?? (again ? 'ERR-03' : familyOf(answered)),
    again
      ? 'success: the daemon knows this log, and -ESRCH and -EAGAIN are no errors of a known log'
      : 'success: the request is legal and the daemon knows this log',
  );
  model.distrust(to);
}

/** DTR was answered too late, and sent again (spec 2.5): the log is gone, and the refusal is right. */
function wasDestroyed({ exchange: { name, replies }, answer }: Answered): boolean {
  if (name !== 'DTR') return false;
  return replies
    .slice(0, replies.indexOf(answer))
    .some(({ form, error }) => form !== 'malformed' && error === 0);
}

/** Legal, known, and not the fault of a log device. */
function isJudged(answered: Answered): boolean {
  const { exchange, answer, life, model } = answered;
  if (!isKnown(answered) || !isLegal(answered)) return false;
  if (life.parts?.type !== CORE && answer.error === EIO) return false;
  return hasGoodPayload(exchange.name, exchange.payload, model.regionCount);
}

function hasGoodPayload(
  name: Answered['exchange']['name'],
  payload: Uint8Array,
  count: number | undefined,
): boolean {
  const fits = (region: number): boolean => count !== undefined && region < count;
  switch (name) {
    case 'IS_CLEAN':
    case 'IN_SYNC':
    case 'IS_REMOTE_RECOVERING': {
      const region = payloads.u64(payload);
      return region !== undefined && fits(region);
    }
    case 'SET_REGION_SYNC': {
      const change = payloads.regionSync(payload);
      return change !== undefined && fits(change.region);
    }
    case 'MARK_REGION':
    case 'CLEAR_REGION':
      return payload.length > 0 && (payloads.regions(payload)?.every(fits) ?? false);
    case 'FLUSH':
      return payloads.regions(payload)?.every(fits) ?? false;
    default:
      return true;
  }
}

/** A construction or reconnect that must succeed; undefined when a refusal may be right. */
function refusedConstruction(answered: Answered): string | undefined {
  const { exchange, life, lives, from, model } = answered;
  const { parts, former } = life;
  if (parts?.fault !== undefined || parts?.regionSize === undefined) return undefined;
  if (isReconnect(exchange)) return model.knowledge === 'known' ? 'RECOV-02' : reconnectAfterLoss(parts.type);
  if (exchange !== life.instance.birth) return isRepetition(answered) ? 'CTR-09' : undefined;
  const sibling = lives.siblings(life, from).find(({ parts: other }) => other?.device === parts.device);
  const count = parts.length / parts.regionSize;
  const usual = parts.regionSize >= USUAL_REGION && count >= 1 && count <= USUAL_COUNT;
  if (!usual) return undefined;
  if (sibling !== undefined) return former?.to === Infinity && sibling === former ? 'CTR-19' : 'LUID-01';
  if (parts.type === DISK) return undefined;
  return reusedLuid(answered) ?? 'CTR-04';
}

/** The same CTR again, of an instance that was resumed. */
function isRepetition({ exchange, life: { instance } }: Answered): boolean {
  return instance.birth !== undefined && Buffer.compare(instance.birth.payload, exchange.payload) === 0;
}

/** A disk log may have lost its device with the daemon. */
function reconnectAfterLoss(type: string): string | undefined {
  return type === CORE ? 'RECOV-03' : undefined;
}

/** LUID-09, or CTR-19 for a pair whose former life never ended: the new life must not suffer from the former. */
function reusedLuid({ life: { former } }: Answered): string | undefined {
  if (former === undefined) return undefined;
  return former.to === Infinity ? 'CTR-19' : 'LUID-09';
}

/** The requirement that describes what the answer had to be. */
function familyOf(answered: Answered): string {
  const { exchange } = answered;
  switch (exchange.name) {
    case 'GET_REGION_SIZE':
      return 'CTR-03';
    case 'DTR':
      return 'SUSP-07';
    case 'RESUME':
      return isSurely(answered, 'active') ? 'SUSP-13' : 'SUSP-10';
    case 'PRESUSPEND':
    case 'POSTSUSPEND':
      return 'SUSP-10';
    case 'IN_SYNC':
      return isSurely(answered, 'quiescing') ? 'SUSP-02' : 'SYNC-02';
    case 'IS_CLEAN':
      return 'SYNC-01';
    case 'MARK_REGION':
    case 'CLEAR_REGION':
      return flushing(answered) ?? 'FLUSH-17';
    case 'FLUSH':
      return flushing(answered) ?? (exchange.payload.length > 0 ? 'FLUSH-09' : 'FLUSH-02');
    case 'GET_RESYNC_WORK':
      return isSurely(answered, 'quiescing') ? 'SYNC-20' : 'SYNC-04';
    case 'SET_REGION_SYNC':
      return 'SYNC-06';
    case 'GET_SYNC_COUNT':
      return isSurely(answered, 'pending', 'suspended') ? 'STAT-04' : 'SYNC-06';
    case 'STATUS_INFO':
      return isSurely(answered, 'pending', 'suspended') ? 'STAT-04' : 'STAT-01';
    case 'STATUS_TABLE':
      return 'STAT-11';
    case 'IS_REMOTE_RECOVERING':
      return isSurely(answered, 'quiescing') ? 'SYNC-20' : 'SYNC-10';
    case 'CTR':
    case undefined:
      return 'ERR-03';
  }
}

/** SUSP-02 between PRESUSPEND and POSTSUSPEND, SUSP-03 after it. */
function flushing(answered: Answered): string | undefined {
  if (isSurely(answered, 'quiescing')) return 'SUSP-02';
  return isSurely(answered, 'suspended') ? 'SUSP-03' : undefined;
}
