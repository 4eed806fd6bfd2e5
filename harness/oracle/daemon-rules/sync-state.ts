/** Answers to IN_SYNC and IS_CLEAN: SYNC-01, SYNC-02, FLUSH-19, FLUSH-02, FLUSH-09 (spec 4, 10). */
import { s64, u64 } from '../payloads.js';
import { blameBit } from './attribution.js';
import { deviate, isKnown, isSurely, succeeded, type Answered } from './answered.js';

/** SYNC-01: exactly 0 or 1; the kernel's two consumers disagree on every other value (spec 4). */
export function zeroOrOne(answered: Answered): void {
  const { exchange, answer } = answered;
  if ((exchange.name !== 'IN_SYNC' && exchange.name !== 'IS_CLEAN') || !succeeded(answered)) return;
  const value = s64(answer.payload);
  if (value === undefined || value === 0 || value === 1) return;
  deviate(answered, 'SYNC-01', 'exactly 0 or 1');
}

/**
 * SYNC-02: what IN_SYNC answers is the region's sync bit (spec 10, item 7), which only SET_REGION_SYNC and RESUME
 * change. An unknown bit (disk log, rebuilt log) is learnt from its first answer, with which the next must agree.
 *
 * Once all regions were in sync, a region lost by a leg failure may be told either way until the next RESUME
 * (spec 10, item 7), but always the same way.
 */
export function inSync(answered: Answered): void {
  const { exchange, answer, model, from, to } = answered;
  if (exchange.name !== 'IN_SYNC' || !succeeded(answered) || !isKnown(answered)) return;
  if (!isSurely(answered, 'active', 'quiescing')) return;
  const region = u64(exchange.payload);
  const value = s64(answer.payload);
  const { bits } = model;
  if (region === undefined || bits === undefined || region >= bits.regionCount) return;
  if (value !== 0 && value !== 1) return;

  const { zero, one, untold } = bits.possible(region, from, to);
  if (value === 1 && zero && !one && model.failed.has(region) && model.maybeWasFull) {
    agree(answered, region, value);
    return;
  }
  if ((value === 1 && one) || (value === 0 && zero)) {
    if (untold) model.learn(region, value, from, to);
    agree(answered, region, value);
    return;
  }
  const id = blameBit(answered, region, value, 'SYNC-02');
  deviate(answered, id, `${value === 1 ? 0 : 1}: region ${region} is ${one ? 'in sync' : 'not in sync'}`);
}

/** SYNC-02: two answers without a change of the region between them agree. */
function agree(answered: Answered, region: number, value: 0 | 1): void {
  const { model, exchange, from } = answered;
  if (from < (model.changeDone.get(region) ?? -1)) return;
  const before = model.answers.get(region);
  model.answers.set(region, { value, exchange });
  if (before === undefined || before.value === value || model.shared) return;
  if (!model.failed.has(region)) return;
  deviate(
    answered,
    'SYNC-02',
    `${before.value}, as answered before: nothing happened to region ${region} since`,
    [before.exchange],
  );
}

/**
 * IS_CLEAN, which no kernel asks, shows what the log would hold after a crash (spec 10, items 1 to 3): a region
 * out of sync is not clean, whatever was cleared (FLUSH-19); nor is one with a mark that a FLUSH has committed
 * (FLUSH-02; FLUSH-09 when the FLUSH carried it).
 */
export function isClean(answered: Answered): void {
  const { exchange, answer, model, from, to } = answered;
  if (exchange.name !== 'IS_CLEAN' || !succeeded(answered) || !isKnown(answered)) return;
  if (s64(answer.payload) !== 1 || !isSurely(answered, 'active', 'quiescing')) return;
  const region = u64(exchange.payload);
  const { bits } = model;
  if (region === undefined || bits === undefined || region >= bits.regionCount) return;
  const mark = model.marked.get(region);
  if (!bits.possible(region, from, to).one) {
    deviate(answered, 'FLUSH-19', `0: region ${region} is not in sync, so that it cannot be clean`);
  } else if (mark !== undefined) {
    const id = mark.name === 'FLUSH' ? 'FLUSH-09' : 'FLUSH-02';
    deviate(answered, id, `0: region ${region} is marked`, [mark]);
  }
}
