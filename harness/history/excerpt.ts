import type { Exchange } from './exchange.js';
import type { History } from './history.js';
import { milliseconds } from './queries.js';
import { eventLines, nameInstances, shownAt, type Placement } from './timeline.js';

/** As many lines show what went wrong; the timeline shows the rest. */
const LINES = 8;

/**
 * The lines in which the timeline shows these events (numbers `n`), in order of time and without its columns:
 * `394.630  L2 SET_REGION_SYNC 0 = 1 → -ESRCH (3.6) *`. Times and names are the timeline's. Only the last `limit`
 * lines are given; a first line then says how many were left out.
 */
export function excerpt(history: History, events: readonly number[], limit = LINES): string[] {
  const names = new Map<Exchange, string>();
  for (const { name, instance } of nameInstances(history)) {
    for (const exchange of instance.exchanges) names.set(exchange, name);
  }
  const plain: Placement = {
    cell: (exchange, text) => {
      const name = names.get(exchange);
      return name === undefined ? text : `${name} ${text}`;
    },
  };
  const cited = new Set(events.flatMap((n) => [shownAt(history, n) ?? n, n]));
  const shown = history.events.filter(({ n }) => cited.has(n));
  const began = history.events[0]?.t ?? 0n;
  const times = shown.map(({ t }) => milliseconds(t - began).toFixed(3));
  const width = Math.max(0, ...times.map(({ length }) => length));
  const lines = shown.flatMap((event, index) =>
    eventLines(history, event, plain).map(
      (line, part) => `${(part === 0 ? (times[index] ?? '') : '').padStart(width)}  ${line.trimEnd()}`,
    ),
  );
  const left = lines.length - limit;
  return left <= 0 ? lines : [`… ${left} ${left === 1 ? 'line' : 'lines'} before`, ...lines.slice(left)];
}
