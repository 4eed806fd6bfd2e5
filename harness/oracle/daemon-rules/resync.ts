/** Answers to GET_RESYNC_WORK: SYNC-04, SYNC-05, SYNC-08, SYNC-20 (spec 10, item 5). */
import { resyncWork } from '../payloads.js';
import { blameSwap } from '../blame.js';
import { blameBit, blameLog } from './attribution.js';
import { deviate, isKnown, isSurely, succeeded, type Answered } from './answered.js';

/**
 * SYNC-20: no work between PRESUSPEND and RESUME.
 * SYNC-05: the region under recovery is told again until SET_REGION_SYNC ends it.
 * SYNC-04: the region handed out exists and is not in sync; SYNC-08 as well when it was recovered before: each
 * is visited once.
 * SYNC-08: no work only when no region is left. Regions lost by SET_REGION_SYNC 0 need not be offered before the
 * next RESUME (SYNC-17). LUID-03 or LUID-04 when a log that was swapped in hands out nothing at all.
 */
export function resync(answered: Answered): void {
  const { exchange, answer, model, from, to } = answered;
  if (exchange.name !== 'GET_RESYNC_WORK' || !succeeded(answered) || !isKnown(answered) || model.shared)
    return;
  const work = resyncWork(answer.payload);
  if (work === undefined) return;
  if (isSurely(answered, 'quiescing')) {
    if (work !== 'none') deviate(answered, 'SYNC-20', 'no work: the instance is being suspended');
    return;
  }
  const { bits } = model;
  if (bits === undefined || !isSurely(answered, 'active')) return;
  const current = [...model.recovering.possible(from, to)];
  const expected = current.length === 1 ? current[0] : '?';
  if (typeof expected === 'number' && work !== expected) {
    const id = blameLog(answered, () => false, 'SYNC-05');
    deviate(answered, id, `work ${expected}: its recovery was not ended by SET_REGION_SYNC`);
    return;
  }
  if (work === 'none') {
    if (expected === undefined) noneLeft(answered);
  } else {
    workExists(answered, work);
  }
}

function workExists(answered: Answered, work: number): void {
  const { model, from, to } = answered;
  const { bits } = model;
  if (bits === undefined) return;
  if (work >= bits.regionCount) {
    deviate(answered, 'SYNC-04', `a region below ${bits.regionCount}, the number of regions`);
    return;
  }
  if (bits.possible(work, from, to).zero) return;
  const id = blameBit(answered, work, 0, 'SYNC-04');
  deviate(answered, id, `another region, or no work: region ${work} is in sync`);
  if (id === 'SYNC-04' && model.recovered.has(work)) {
    deviate(answered, 'SYNC-08', `each region is recovered once: region ${work} was recovered before`);
  }
}

function noneLeft(answered: Answered): void {
  const { model, from, to } = answered;
  const { bits } = model;
  if (bits === undefined) return;
  for (let region = 0; region < bits.regionCount; region += 1) {
    if (model.failed.has(region) || bits.possible(region, from, to).one) continue;
    // A log that never handed out anything since its RESUME was not resumed at all.
    const idle = model.offered.size === 0 ? blameSwap(answered.lives, answered.life) : undefined;
    const id = idle ?? blameBit(answered, region, 1, 'SYNC-08');
    deviate(answered, id, `work: region ${region}, for one, is not in sync and was not recovered`);
    return;
  }
}
