/** Answers to IS_REMOTE_RECOVERING: SYNC-10, SYNC-11, SYNC-20 (spec 10, item 6). One host only. */
import { remoteRecovering, u64 } from '../payloads.js';
import type { SyncBits } from '../sync-bits.js';
import type { LogModel } from '../model.js';
import { siblingModels } from './attribution.js';
import { deviate, isKnown, isSurely, succeeded, type Answered } from './answered.js';

/**
 * SYNC-20: {0, region_count} between PRESUSPEND and RESUME.
 * SYNC-10: the hint is the lowest region that is not in sync (one under recovery is not), or region_count.
 * SYNC-11: in a log that is in sync no region is told to be recovering, which would hold writes for ever.
 */
export function remoteRecovery(answered: Answered): void {
  const { exchange, answer, model, from, to } = answered;
  if (exchange.name !== 'IS_REMOTE_RECOVERING' || !succeeded(answered)) return;
  if (!isKnown(answered) || model.shared) return;
  const told = remoteRecovering(answer.payload);
  const region = u64(exchange.payload);
  const { bits } = model;
  if (told === undefined || region === undefined || bits === undefined || region >= bits.regionCount) return;
  const count = bits.regionCount;
  if (isSurely(answered, 'quiescing')) {
    if (told.recovering || told.hint !== count) {
      deviate(answered, 'SYNC-20', `recovering 0, hint ${count}: the instance is being suspended`);
    }
    return;
  }
  if (!isSurely(answered, 'active')) return;
  const hints = possibleHints(model, bits, from, to);
  if (!hints.has(told.hint)) {
    const sibling = siblingModels(answered).some((other) => soleHint(other) === told.hint);
    const good = [...hints].slice(0, 4).join(' or ');
    deviate(answered, sibling ? 'LUID-01' : 'SYNC-10', `hint ${good}: the lowest region not in sync`);
  } else if (told.recovering && bits.range(from, to).least === count) {
    deviate(answered, 'SYNC-11', 'recovering 0: all regions are in sync');
  }
}

/** Every hint that some possible set of bits explains; a region lost by a leg failure may count either way. */
function possibleHints(model: LogModel, bits: SyncBits, from: number, to: number): ReadonlySet<number> {
  const hints = new Set<number>();
  for (let region = 0; region < bits.regionCount; region += 1) {
    const { zero, one } = bits.possible(region, from, to);
    if (zero) hints.add(region);
    if (!one && !model.failed.has(region)) return hints;
  }
  return hints.add(bits.regionCount);
}

function soleHint(model: LogModel): number | undefined {
  if (model.bits === undefined) return model.nosync ? model.regionCount : 0;
  const hints = possibleHints(model, model.bits, Infinity, Infinity);
  return hints.size === 1 ? [...hints][0] : undefined;
}
