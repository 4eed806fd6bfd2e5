/** What pvmove makes of logs: one for each segment that it moves, all with the UUID of its own volume (spec lvm 2). */
import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { constructorText, type Instance } from './instance.js';
import { recoveredBy } from './life-queries.js';
import type { CommandEvent, HistoryEvent } from './events.js';

/** What the UUID of the log of a move ends in. */
const SUFFIX = '-pvmove';

/** One step of a move: a segment, with the log of its mirror. */
export interface MoveStep {
  readonly log: Instance;
  /** Regions of the segment. */
  readonly regions: number;
  /** Regions whose recovery was reported, in order, each as often as that was done. */
  readonly copied: readonly bigint[];
  /** Regions whose recovery was never reported. */
  readonly missing: readonly bigint[];
  /** Birth, reports of recovered regions, and death. */
  readonly events: readonly HistoryEvent[];
}

/** A pvmove as its logs tell it. */
export interface Move {
  /** Of its logs. */
  readonly uuid: string;
  readonly node: string;
  /** In the order of their construction. */
  readonly steps: readonly MoveStep[];
}

/** All moves of a test, in the order in which their first logs were constructed. */
export function moves(history: History): Move[] {
  const byLog = new Map<string, { uuid: string; node: string; steps: MoveStep[] }>();
  for (const log of history.instances()) {
    if (!log.uuid.endsWith(SUFFIX) || log.birth === undefined || log.stillborn) continue;
    const key = `${log.node} ${log.uuid}`;
    const move = byLog.get(key) ?? { uuid: log.uuid, node: log.node, steps: [] };
    byLog.set(key, move);
    move.steps.push(stepOf(log, log.birth));
  }
  return [...byLog.values()];
}

function stepOf(log: Instance, birth: Exchange): MoveStep {
  const recovered = recoveredBy(log);
  const regions = regionsOf(birth);
  const copied = recovered.map(({ region }) => region);
  const known = new Set(copied);
  return {
    log,
    regions,
    copied,
    missing: Array.from({ length: regions }, (_unused, region) => BigInt(region)).filter(
      (region) => !known.has(region),
    ),
    events: [birth, ...recovered.map(({ exchange }) => exchange), log.death].flatMap(
      (exchange) => exchange?.events() ?? [],
    ),
  };
}

/** How many regions a core log has: the length of its mirror over the size of a region, as its constructor tells. */
function regionsOf(birth: Exchange): number {
  const [length, , size] = (constructorText(birth) ?? '').split(' ').map(Number);
  return length === undefined || size === undefined ? 0 : Math.ceil(length / size);
}

/** How far pvmove said it was, in percent, in order. */
export function movedPercent({ stdout }: CommandEvent): number[] {
  return [...stdout.matchAll(/: Moved: ([0-9.]+)%/g)].map(([, percent]) => Number(percent));
}
