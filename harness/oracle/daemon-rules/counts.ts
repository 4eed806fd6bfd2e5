/** Answers to GET_SYNC_COUNT: LUID-11, SYNC-06, SYNC-07, SYNC-17 (spec 10, items 4 and 8). */
import { u64 } from '../payloads.js';
import { blameLog, siblingModels } from './attribution.js';
import { deviate, isKnown, isSurely, succeeded, type Answered } from './answered.js';

/**
 * SYNC-07: never more than region_count.
 * LUID-11: before its RESUME an instance tells 0 (or region_count with nosync), never a live sibling's count.
 * SYNC-06: afterwards the number of regions in sync; SYNC-17 when a region lost by SET_REGION_SYNC 0 is still
 * counted. A suspended instance may tell either. LUID-01 when the count is that of a sibling.
 */
export function syncCount(answered: Answered): void {
  const { exchange, answer, model, from, to } = answered;
  if (exchange.name !== 'GET_SYNC_COUNT' || !succeeded(answered)) return;
  const count = u64(answer.payload);
  const regionCount = model.regionCount;
  if (count === undefined || regionCount === undefined) return;
  if (count > regionCount) {
    deviate(answered, 'SYNC-07', `at most ${regionCount}, the number of regions`);
    const sibling = siblingModels(answered).some((other) => other.countTold === count);
    if (!sibling || !isKnown(answered)) return;
  }
  if (!isKnown(answered) || model.shared) return;

  const atRest = count === 0 || (model.nosync && count === regionCount);
  if (isSurely(answered, 'pending')) {
    const good = model.nosync ? `${regionCount} (nosync) or 0` : '0';
    if (!atRest) deviate(answered, 'LUID-11', `${good}: the instance was not resumed yet`);
    return;
  }
  if (atRest && [...answered.states].some((state) => state === 'pending' || state === 'suspended')) return;
  if (model.bits === undefined || !isSurely(answered, 'pending', 'active', 'quiescing', 'suspended')) return;
  const { least, most } = model.bits.range(from, to);
  if (count >= least && count <= most) return;
  const otherwise = count > most && model.everFailed.size > 0 ? 'SYNC-17' : 'SYNC-06';
  const id = blameLog(answered, (sibling) => sibling.countTold === count, otherwise);
  deviate(answered, id, least === most ? `${least} regions in sync` : `${least} to ${most} regions in sync`);
}
