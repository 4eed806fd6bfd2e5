/** Which regions a disk log must take for dirty after a power cut (spec 10, 12). */
import { decodeRegions } from '../ulog/index.js';
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { powerCutOf } from './power-cuts.js';
import type { ObservationEvent } from './events.js';

/** A region that was marked when the power went, and the mark. */
export interface StandingMark {
  readonly uuid: string;
  readonly region: bigint;
  /** The MARK_REGION, or the FLUSH with it in its payload. */
  readonly mark: Exchange;
}

/**
 * Marks that were durable when the power of a node was cut: their FLUSH was answered, and no CLEAR_REGION of the region
 * was. The logs of one UUID are taken together, for they have one log device. Whether the data of such a region was
 * being written, nobody knows, so it has to be copied.
 */
export function marksAtPowerCut(history: History, { node }: ObservationEvent): StandingMark[] {
  if (powerCutOf(history, node) === undefined) return [];
  const unflushed = new Map<string, StandingMark>();
  const durable = new Map<string, StandingMark>();
  const answered = history
    .exchanges('MARK_REGION', 'FLUSH', 'CLEAR_REGION')
    .filter((exchange) => exchange.node === node && exchange.answer?.error === 0);
  for (const exchange of answered) {
    const { uuid, luid, name } = exchange;
    for (const region of decodeRegions(exchange.payload)) {
      if (name === 'CLEAR_REGION') {
        unflushed.delete(`${luid} ${region}`);
        durable.delete(`${uuid} ${region}`);
      } else {
        unflushed.set(`${luid} ${region}`, { uuid, region, mark: exchange });
      }
    }
    if (name !== 'FLUSH') continue;
    for (const [key, mark] of unflushed) {
      if (mark.uuid !== uuid || mark.mark.luid !== luid) continue;
      unflushed.delete(key);
      durable.set(`${uuid} ${mark.region}`, mark);
    }
  }
  return [...durable.values()];
}
