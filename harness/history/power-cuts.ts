/** Nodes whose power a test cut (docs/faults.md). */
import type { ObservationEvent } from './events.js';
import type { History } from './history.js';

/**
 * Name of the observation that the power of its node was cut, at the time of the latest event. Its value is
 * { unseenMs }: so long before the node was gone was the last moment up to which everything is in the history. What the
 * kernel and the daemon did after that may be missing, as may the ends of requests.
 */
export const POWER_CUT = 'power-cut';

/** Every power cut, in order. Nothing of its node comes after it. */
export function powerCuts(history: History): readonly ObservationEvent[] {
  return history.observations(POWER_CUT);
}

/** The cut that ended a node; undefined for one that lived until the end of the test. */
export function powerCutOf(history: History, node: string): ObservationEvent | undefined {
  return powerCuts(history).find((cut) => cut.node === node);
}
