/** Requests that a daemon must refuse: ERR-02, ERR-04, ERR-05, ERR-15, FLUSH-17, RECOV-14. */
import { expectedReplySize } from '../../ulog/index.js';
import type { Exchange } from '../../history/index.js';
import { EAGAIN, EINVAL, ESRCH } from '../errno.js';
import * as payloads from '../payloads.js';
import { deviate, isKnown, succeeded, type Answered } from './answered.js';

/** ERR-04: a type that is none is answered with an error. */
export function unknownType(answered: Answered): void {
  const { exchange } = answered;
  if (exchange.name !== undefined || !succeeded(answered)) return;
  deviate(answered, 'ERR-04', 'an error: there is no such request type');
}

/**
 * ERR-05: a region behind the last one is refused (cmirrord took region == region_count until 2026). Judged
 * only while daemon and constructor agree on the region size.
 */
export function regionOutOfRange(answered: Answered): void {
  const { exchange, model } = answered;
  const count = model.regionCount;
  if (count === undefined || !isKnown(answered) || !succeeded(answered)) return;
  const beyond = regionsOf(exchange).find((region) => region >= count);
  if (beyond === undefined) return;
  deviate(answered, 'ERR-05', `a refusal: region ${beyond} does not exist, the log has ${count} regions`);
}

function regionsOf({ name, payload }: Exchange): readonly number[] {
  switch (name) {
    case 'IS_CLEAN':
    case 'IN_SYNC':
    case 'IS_REMOTE_RECOVERING': {
      const region = payloads.u64(payload);
      return region === undefined ? [] : [region];
    }
    case 'SET_REGION_SYNC': {
      const change = payloads.regionSync(payload);
      return change === undefined ? [] : [change.region];
    }
    case 'MARK_REGION':
    case 'CLEAR_REGION':
    case 'FLUSH':
      return payloads.regions(payload) ?? [];
    default:
      return [];
  }
}

/** FLUSH-17: a region list that is not a multiple of 8 bytes; ERR-15: another payload of the wrong size. */
export function malformedPayload(answered: Answered): void {
  const { exchange, answer } = answered;
  if (answer.error === EINVAL || !isKnown(answered)) return;
  const size = exchange.payload.length;
  switch (exchange.name) {
    case 'MARK_REGION':
    case 'CLEAR_REGION':
      if (size % 8 !== 0) deviate(answered, 'FLUSH-17', `-EINVAL: ${size} bytes are no list of u64 regions`);
      return;
    case 'IS_CLEAN':
    case 'IN_SYNC':
    case 'IS_REMOTE_RECOVERING':
      if (size !== 8) deviate(answered, 'ERR-15', `-EINVAL: the payload has ${size} bytes, must have 8`);
      return;
    case 'SET_REGION_SYNC':
      if (size !== 16) deviate(answered, 'ERR-15', `-EINVAL: the payload has ${size} bytes, must have 16`);
      return;
    default:
      return;
  }
}

/** True for the requests about an unknown log that are merely refused, not answered with a call for a rebuild. */
export function isLifeCycle({ name }: Exchange): boolean {
  return (
    name === 'PRESUSPEND' ||
    name === 'POSTSUSPEND' ||
    name === 'RESUME' ||
    name === 'DTR' ||
    name === 'GET_REGION_SIZE'
  );
}

/**
 * A log that the daemon does not know, because it died since or destroyed it (spec 10, item 11).
 *
 * RECOV-14: I/O-path and status requests get a full reply with -ESRCH and the data_size of a good answer, so
 * that the kernel rebuilds the log and has room for the repetition (spec 2.5, 2.6).
 * ERR-02: PRESUSPEND, POSTSUSPEND, RESUME, DTR and GET_REGION_SIZE get a negative errno, but not -EAGAIN.
 * Success is wrong only for a log that it was told to destroy: one that died may have kept its state elsewhere.
 */
export function unknownLog(answered: Answered): void {
  const { exchange, answer, model } = answered;
  if (exchange.name === undefined || exchange.name === 'CTR') return;
  if (model.knowledge !== 'lost' && model.knowledge !== 'gone') return;
  const { error, form, dataSize } = answer;
  if (isLifeCycle(exchange)) {
    const success = error === 0 && model.knowledge === 'gone';
    if (success || error === EAGAIN) deviate(answered, 'ERR-02', 'a negative errno other than -EAGAIN');
    return;
  }
  if (error === 0 && model.knowledge === 'lost') return;
  const { expected } = expectedReplySize(exchange.type);
  const fits = typeof expected === 'number' ? dataSize === expected : dataSize > 0;
  if (error === ESRCH && form === 'full' && fits) return;
  const size = typeof expected === 'number' ? `${expected}` : 'at least 64';
  deviate(
    answered,
    'RECOV-14',
    `a full reply with -ESRCH and data_size ${size}: the daemon does not know this log`,
  );
}
