/** Which requirement a wrong bit or count breaks. */
import type { LogModel } from '../model.js';
import type { Answered } from './answered.js';

/**
 * The requirement broken by an answer that tells `bit` of `region` when its log's bit is the other one:
 *
 * - RECOV-02 or SUSP-13 when the log was told CTR or RESUME again since the region last changed, and had to keep it;
 * - SYNC-17 when SET_REGION_SYNC 0 took the region out and it is told in sync; FLUSH-19 when it was told in sync
 *   after a CLEAR of an unsynced region;
 * - LUID-01 when the answer is right for another instance of the same uuid that overlapped;
 * - else `otherwise`.
 */
export function blameBit(answered: Answered, region: number, bit: 0 | 1, otherwise: string): string {
  const { model } = answered;
  const { kept } = model;
  if (kept !== undefined && (model.changed.get(region) ?? -1) < kept.place) return kept.id;
  if (siblingModels(answered).some((sibling) => sibling.bitTold(region) === bit)) return 'LUID-01';
  if (bit === 1 && model.everFailed.has(region)) return 'SYNC-17';
  if (bit === 1 && model.clearedUnsynced.has(region)) return 'FLUSH-19';
  return otherwise;
}

/** The same for an answer about the log as a whole, which is right for a sibling when `explains` says so. */
export function blameLog(
  answered: Answered,
  explains: (sibling: LogModel) => boolean,
  otherwise: string,
): string {
  const { kept } = answered.model;
  if (kept !== undefined && [...answered.model.changed.values()].every((place) => place < kept.place)) {
    return kept.id;
  }
  return siblingModels(answered).some(explains) ? 'LUID-01' : otherwise;
}

/** Models of the other instances of the same uuid that overlapped, the destroyed ones as they were at their end. */
export function siblingModels({ lives, life, models, to }: Answered): readonly LogModel[] {
  return lives.siblings(life, to).flatMap((sibling) => models.get(sibling) ?? []);
}
